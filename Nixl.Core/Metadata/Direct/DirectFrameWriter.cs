using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>Writes frames of one command each.</summary>
internal static class DirectFrameWriter
{
    /// <summary>Writes the frame; null on success, otherwise why it was not taken: timed out or closed. The connection is unusable then.</summary>
    internal static async ValueTask<DirectFrameOutcome?> WriteAsync(
        Stream stream, ReadOnlyMemory<byte> preamble, ReadOnlyMemory<byte> argument, TimeSpan timeout, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        try
        {
            await stream.WriteAsync(preamble, deadline.Token).ConfigureAwait(false);
            await stream.WriteAsync(argument, deadline.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return DirectFrameOutcome.TimedOut;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return DirectFrameOutcome.Closed;
        }
    }
}
