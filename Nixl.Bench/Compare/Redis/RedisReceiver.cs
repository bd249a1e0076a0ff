using System.Net.Sockets;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Redis;

/// <summary>The other side of <see cref="RedisMover"/>.</summary>
internal sealed class RedisReceiver : Receiver
{
    internal const string Kind = "redis";

    private readonly RedisLink _link;

    internal RedisReceiver(string[] arguments)
    {
        _link = new RedisLink(arguments[0]);
        _link.WaitForever();
        new Thread(Serve) { IsBackground = true, Name = "compare-redis" }.Start();
    }

    public override string Address => "ready";

    public override ValueTask DisposeAsync()
    {
        _link.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Serve()
    {
        try
        {
            for (var says = false; ; says = true)
            {
                _link.Await(says);
                _link.Get(Destination);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or BenchmarkException)
        {
            // The server has gone, or this side ends.
        }
    }
}
