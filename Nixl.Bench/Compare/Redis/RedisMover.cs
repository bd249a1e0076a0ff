using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Redis;

/// <summary>Through a store in between: SET by this side, GET by the peer, and a word through a list each way.</summary>
internal sealed class RedisMover : BlockingMover
{
    private readonly RedisServer _server;
    private readonly RedisLink _link;

    private RedisMover(MoveStage stage, RedisServer server) : base(stage.Thread) => (_server, _link) = (server, new RedisLink(server.Path));

    internal override string Name => "Redis";

    internal override string Details => "store and forward: SET from where the bytes lie, GET to where they belong, over a Unix socket, no persistence, one value, RESP by hand";

    internal override IReadOnlyList<int> Helpers => [_server.ProcessId];

    internal static async Task<RedisMover> OpenAsync(MoveStage stage, CancellationToken cancellation)
    {
        var server = await RedisServer.StartAsync(cancellation);
        try
        {
            var mover = new RedisMover(stage, server);
            await stage.Peer.OpenAsync(mover.Key, RedisReceiver.Kind, [server.Path], cancellation);
            return mover;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _link.Dispose();
        await _server.DisposeAsync();
    }

    protected override void Move() => _link.Put(Source!);
}
