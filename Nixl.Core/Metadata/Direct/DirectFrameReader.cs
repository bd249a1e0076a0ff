using System.Buffers.Binary;
using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>Reads frames from one connection. The announced length is only a claim: memory is taken as the bytes arrive, doubling up to the length.</summary>
/// <remarks>One reader per connection, one call at a time.</remarks>
internal sealed class DirectFrameReader(Stream stream, int frameBytesMax, TimeSpan bodyTimeout, ByteBudget budget)
{
    // What a stranger gets for announcing a body; most metadata fits into it.
    private const int FirstBufferBytes = 64 << 10;

    // What receiving returns besides a number of bytes. An orderly and another end of the connection mean the same to the caller.
    private const int Ended = 0;
    private const int TimedOut = -1;

    private readonly byte[] _header = new byte[DirectProtocol.HeaderBytes];

    /// <summary>Reads the next frame.</summary>
    /// <param name="silence">How long the first byte may take; <see cref="Timeout.InfiniteTimeSpan"/> for an idle connection.</param>
    /// <param name="stop">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    internal async ValueTask<DirectFrame> ReadAsync(TimeSpan silence, CancellationToken stop)
    {
        using var first = CancellationTokenSource.CreateLinkedTokenSource(stop);
        first.CancelAfter(silence);
        var read = await ReceiveAsync(_header, first, stop).ConfigureAwait(false);
        if (read <= 0)
        {
            return new DirectFrame(read == TimedOut ? DirectFrameOutcome.Silent : DirectFrameOutcome.Closed);
        }

        using var rest = CancellationTokenSource.CreateLinkedTokenSource(stop);
        rest.CancelAfter(bodyTimeout);
        if (await FillAsync(_header.AsMemory(read), rest, stop).ConfigureAwait(false) is { } failed)
        {
            return new DirectFrame(failed);
        }

        var announced = BinaryPrimitives.ReadUInt64LittleEndian(_header);
        if (announced > (ulong)frameBytesMax)
        {
            return new DirectFrame(DirectFrameOutcome.TooLarge, default, announced);
        }

        rest.CancelAfter(bodyTimeout);
        return await ReadBodyAsync((int)announced, rest, stop).ConfigureAwait(false);
    }

    private async ValueTask<DirectFrame> ReadBodyAsync(int length, CancellationTokenSource deadline, CancellationToken stop)
    {
        var taken = 0;
        var body = Array.Empty<byte>();
        try
        {
            while (body.Length < length)
            {
                var filled = body.Length;
                var size = (int)Math.Min(length, Math.Max(FirstBufferBytes, filled * 2L));
                if (!budget.TryTake(size - taken))
                {
                    return new DirectFrame(DirectFrameOutcome.OverBudget, default, (ulong)length);
                }

                taken = size;
                Array.Resize(ref body, size);
                if (await FillAsync(body.AsMemory(filled), deadline, stop).ConfigureAwait(false) is { } failed)
                {
                    return new DirectFrame(failed, default, (ulong)length);
                }
            }

            return new DirectFrame(DirectFrameOutcome.Frame, body, (ulong)length);
        }
        finally
        {
            budget.Return(taken);
        }
    }

    private async ValueTask<DirectFrameOutcome?> FillAsync(Memory<byte> buffer, CancellationTokenSource deadline, CancellationToken stop)
    {
        while (!buffer.IsEmpty)
        {
            var read = await ReceiveAsync(buffer, deadline, stop).ConfigureAwait(false);
            if (read <= 0)
            {
                return read == TimedOut ? DirectFrameOutcome.TimedOut : DirectFrameOutcome.Cut;
            }

            buffer = buffer[read..];
        }

        return null;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationTokenSource deadline, CancellationToken stop)
    {
        try
        {
            return await stream.ReadAsync(buffer, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return TimedOut;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return Ended;
        }
    }
}
