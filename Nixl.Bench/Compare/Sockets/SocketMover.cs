using System.Net.Sockets;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Sockets;

/// <summary>A sender by hand: a word with the length, the bytes, a word back; each connection carries its share on a thread of its own.</summary>
internal sealed class SocketMover : BlockingMover
{
    private readonly Socket[] _sockets;
    private readonly byte[][] _buffers;
    private readonly SocketLane[] _lanes;

    private SocketMover(MoveStage stage, string name, Socket[] sockets) : base(stage.Thread)
    {
        (Name, _sockets) = (name, sockets);
        _buffers = [.. sockets.Select(static _ => new byte[SocketPages.BufferBytes])];
        _lanes = [.. Enumerable.Range(1, sockets.Length - 1).Select(i => new SocketLane(() => Send(i)))];
        Details = $"{sockets.Length} x {sockets[0].AddressFamily}, buffers of the kernel {sockets[0].SendBufferSize >> 10} KiB (sending) and {sockets[0].ReceiveBufferSize >> 10} KiB (receiving)"
            + (sockets[0].AddressFamily == AddressFamily.Unix ? "" : ", no delay");
    }

    internal override string Name { get; }

    internal override string Details { get; }

    /// <summary>Opens connections to a receiver of their own.</summary>
    /// <param name="stage">Where it runs.</param>
    /// <param name="name">Its name.</param>
    /// <param name="address">Where the receiver listens: <c>tcp</c> or a path.</param>
    /// <param name="connections">How many.</param>
    /// <param name="bufferBytes">SO_SNDBUF and SO_RCVBUF; null leaves them to the kernel.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task<SocketMover> OpenAsync(
        MoveStage stage, string name, string address, int connections, int? bufferBytes, CancellationToken cancellation)
    {
        var place = await stage.Peer.OpenAsync(KeyOf(name), SocketReceiver.Kind, [address, $"{connections}", $"{bufferBytes}"], cancellation);
        Socket[] sockets = [.. Enumerable.Range(0, connections).Select(_ => SocketEndpoints.Connect(place, bufferBytes))];
        if (address != SocketEndpoints.Tcp)
        {
            File.Delete(address); // the connections live on without the name
        }

        return new SocketMover(stage, name, sockets);
    }

    public override ValueTask DisposeAsync()
    {
        Array.ForEach(_lanes, static lane => lane.Dispose());
        Array.ForEach(_sockets, static socket => socket.Dispose());
        return ValueTask.CompletedTask;
    }

    protected override void Move()
    {
        foreach (var lane in _lanes)
        {
            lane.Start();
        }

        Send(0);
        foreach (var lane in _lanes)
        {
            lane.Wait();
        }
    }

    private void Send(int connection)
    {
        var (start, end) = SocketFrame.Share(Source!.Bytes, connection, _sockets.Length);
        if (start == end)
        {
            return;
        }

        var socket = _sockets[connection];
        SocketFrame.Send(socket, end - start);
        SocketPages.Send(socket, Source!, start, end, _buffers[connection]);
        if (SocketFrame.Receive(socket) is var taken && taken != end - start)
        {
            throw new BenchmarkException($"{Name}: the peer took {taken} bytes instead of {end - start}.");
        }
    }
}
