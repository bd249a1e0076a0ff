using System.Net;
using System.Net.Sockets;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>A listener that does to each connection what a test tells it, and counts them.</summary>
internal sealed class ScriptedListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Socket, int, CancellationToken, Task> _script;
    private readonly Task _accepting;
    private int _accepted;

    /// <summary>Runs <paramref name="script"/> for each connection, with its number from 1; the connection is closed when it returns.</summary>
    internal ScriptedListener(Func<Socket, int, CancellationToken, Task> script)
    {
        _script = script;
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    internal IPEndPoint EndPoint { get; }

    internal int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Reads one whole request and returns its body.</summary>
    internal static async Task<byte[]> ReadRequestAsync(Socket socket, CancellationToken stop)
    {
        var header = await ReadAsync(socket, 8, stop);
        return await ReadAsync(socket, (int)BitConverter.ToUInt64(header), stop);
    }

    internal static async Task<byte[]> ReadAsync(Socket socket, int count, CancellationToken stop)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(filled), stop);
            filled += read > 0 ? read : throw new EndOfStreamException();
        }

        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose(); // not before: accepting on a listener that was stopped is another exception
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(_stop.Token);
                await RunAsync(socket, Interlocked.Increment(ref _accepted));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task RunAsync(Socket socket, int number)
    {
        try
        {
            await _script(socket, number, _stop.Token);
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            // The client left.
        }
    }
}
