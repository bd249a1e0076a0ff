using System.Diagnostics;
using System.Net;
using Nixl.Agent;
using Nixl.Liveness;
using Nixl.Metadata;

namespace Nixl.Bench.MetadataPath;

/// <summary>What sending heartbeats to many peers and receiving theirs costs: one agent sends, and as many links of its own process listen.</summary>
internal static class HeartbeatCost
{
    /// <summary>The share of one processor that the whole process takes, and what it takes with nobody listening.</summary>
    internal static async Task<(double Share, double Idle, long Received)> RunAsync(int peers, TimeSpan time, CancellationToken cancellation)
    {
        var options = new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0), Limits = new LimitsOptions { ListenerConnectionsMax = peers + 16 } };
        options.Backends.Add("SHM");
        using var agent = new NixlAgent($"sender-{Guid.NewGuid():N}", options);
        if (!AgentMetadataCodec.TryDecode(agent.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out _))
        {
            throw new BenchmarkException("the metadata of an agent cannot be read", BenchmarkException.Failed);
        }

        await Task.Delay(TimeSpan.FromSeconds(3), cancellation); // the runtime's own late work
        var idle = await ShareAsync(time / 2, cancellation);
        var received = 0L;
        var connector = new DirectConnector(DirectSecurity.None);
        var links = Enumerable.Range(0, peers).Select(i => new HeartbeatLink(
            new RemoteAgent($"peer-{i}") { Incarnation = metadata.Extension!.Incarnation, HeartbeatMs = metadata.Extension.HeartbeatMs },
            agent.ListenEndPoint!,
            connector,
            Guid.NewGuid(),
            (_, _) => Interlocked.Increment(ref received))).ToList();
        links.ForEach(static link => link.Start());
        while (links.Exists(static link => !link.HasBeaten))
        {
            await Task.Delay(50, cancellation);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
        Interlocked.Exchange(ref received, 0);
        var busy = await ShareAsync(time, cancellation);
        var count = Interlocked.Read(ref received);
        foreach (var link in links)
        {
            await link.DisposeAsync();
        }

        return (busy, idle, count);
    }

    private static async Task<double> ShareAsync(TimeSpan time, CancellationToken cancellation)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(time, cancellation);
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(start);
    }
}
