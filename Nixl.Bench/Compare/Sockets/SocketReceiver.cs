using System.Globalization;
using System.Net.Sockets;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Sockets;

/// <summary>The other side of <see cref="SocketMover"/>: a thread for each connection.</summary>
internal sealed class SocketReceiver : Receiver
{
    internal const string Kind = "socket";

    private readonly Socket _listener;
    private readonly int _connections;
    private readonly int? _bufferBytes;

    internal SocketReceiver(string[] arguments)
    {
        _connections = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        _bufferBytes = arguments[2].Length == 0 ? null : int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var endpoint = SocketEndpoints.ToListen(arguments[0]);
        _listener = SocketEndpoints.Create(endpoint.AddressFamily, _bufferBytes); // what is accepted inherits the sizes, and with them the window that is offered
        _listener.Bind(endpoint);
        _listener.Listen(_connections);
        Address = SocketEndpoints.Format(_listener.LocalEndPoint!);
        new Thread(Accept) { IsBackground = true, Name = "compare-accept" }.Start();
    }

    public override string Address { get; }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Accept()
    {
        try
        {
            for (var i = 0; i < _connections; i++)
            {
                var (connection, socket) = (i, _listener.Accept());
                SocketEndpoints.Set(socket, _bufferBytes);
                socket.ReceiveTimeout = 0; // until the sender's turn comes
                new Thread(() => Serve(socket, connection)) { IsBackground = true, Name = $"compare-receive-{connection}" }.Start();
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            Console.Error.WriteLine($"nixlbench: no connection came in time: {ended.Message}");
        }
    }

    private void Serve(Socket socket, int connection)
    {
        using var owned = socket;
        var buffer = new byte[SocketPages.BufferBytes];
        try
        {
            while (SocketFrame.TryReceive(socket, out var length))
            {
                var (start, end) = SocketFrame.Share(Destination.Bytes, connection, _connections);
                if (end - start != length)
                {
                    throw new BenchmarkException($"A frame of {length} bytes came instead of one of {end - start}.");
                }

                SocketPages.Receive(socket, Destination, start, end, buffer);
                SocketFrame.Send(socket, length);
            }
        }
        catch (BenchmarkException wrong)
        {
            Console.Error.WriteLine($"nixlbench: {wrong.Message}"); // the sender notices that this connection ends
        }
        catch (SocketException)
        {
            // The sender has gone.
        }
    }
}
