using System.Buffers.Binary;
using System.Net.Sockets;

namespace Nixl.Bench.Coordination;

/// <summary>Frames over a socket. One reader at a time; any number of writers. Beats by itself once it is told to.</summary>
internal sealed class FrameConnection : IAsyncDisposable
{
    private static readonly byte[] Beat = new FrameWriter(FrameKind.Alive).ToArray();

    // A peer that takes nothing for this long is as good as gone.
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _beating = Task.CompletedTask;

    internal FrameConnection(Socket socket)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Who is at the other end, for messages.</summary>
    internal string Peer => $"{_socket.RemoteEndPoint}";

    /// <summary>The next frame that is no beat.</summary>
    /// <param name="payloadMax">A longer one is refused before memory is taken for it.</param>
    /// <param name="silence">How long nothing at all may come.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Null when the other end has closed.</returns>
    /// <exception cref="InvalidDataException">What came is no frame.</exception>
    /// <exception cref="TimeoutException">Nothing came.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    internal async Task<Frame?> ReadAsync(int payloadMax, TimeSpan silence, CancellationToken cancellation)
    {
        var head = new byte[FrameWriter.HeadBytes];
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(silence);
            try
            {
                var read = await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, limit.Token);
                if (read < head.Length)
                {
                    return read == 0 ? null : throw new EndOfStreamException("The connection ended within a message.");
                }

                var payload = BinaryPrimitives.ReadInt32LittleEndian(head) - 1;
                if (payload < 0 || payload > payloadMax)
                {
                    throw new InvalidDataException($"A message claims {payload + 1L} bytes, where at most {payloadMax + 1L} make sense.");
                }

                var bytes = new byte[payload];
                await _stream.ReadExactlyAsync(bytes, limit.Token);
                var kind = (FrameKind)head[sizeof(int)];
                if (kind != FrameKind.Alive)
                {
                    return new Frame(kind, bytes);
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new TimeoutException(FormattableString.Invariant($"silent for {silence.TotalSeconds:0} s"));
            }
        }
    }

    /// <exception cref="IOException">The connection broke, or the other end takes nothing.</exception>
    internal async Task WriteAsync(byte[] frame)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(WriteLimit);
        try
        {
            await _writing.WaitAsync(limit.Token);
            try
            {
                await _stream.WriteAsync(frame, limit.Token);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException("The other end takes nothing.", failure);
        }
    }

    /// <summary>As <see cref="WriteAsync"/>, for those who notice a broken connection by reading.</summary>
    internal async Task TryWriteAsync(byte[] frame)
    {
        try
        {
            await WriteAsync(frame);
        }
        catch (IOException)
        {
            // The reader finds out.
        }
    }

    /// <summary>From now on the other end sees that this one is there.</summary>
    internal void StartBeating() => _beating = BeatAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        await _stream.DisposeAsync();
        _stop.Dispose();
    }

    private async Task BeatAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(RendezvousLimits.Heartbeat);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TryWriteAsync(Beat);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
