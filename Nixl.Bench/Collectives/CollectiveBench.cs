using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>Runs sums in step with the other ranks: proves their results and times them.</summary>
internal sealed class CollectiveBench(RankMemory memory, IRendezvous ranks, CollectivePlan plan, int tags) : IDisposable
{
    private readonly ScheduleBench _bench = new(memory, ranks, plan.Element, plan.Iterations, tags, plan.Limit);

    /// <summary>Seconds of an operation of the last block at this rank.</summary>
    internal double Quantile(double quantile) => _bench.Quantile(quantile);

    /// <summary>Writes this rank's contribution, and something wrong where the result is to come. The others wait for it.</summary>
    internal Task PrepareAsync(long bytes, CancellationToken cancellation)
    {
        Elements.Fill(plan.Element, memory.Span(MemoryMap.Input, (int)bytes), ranks.Rank);
        memory.Span(memory.Map.Output, (int)bytes).Fill(0xA5);
        return ranks.BarrierAsync("contributions", cancellation);
    }

    /// <summary>One operation and, after it, the comparison of every element; then the warm-up.</summary>
    internal async Task WarmAsync(Schedule schedule, string name, long bytes, CancellationToken cancellation)
    {
        await _bench.RepeatAsync(schedule, 1);
        Verify(name, bytes);
        await ranks.BarrierAsync("verified", cancellation);
        await _bench.RepeatAsync(schedule, plan.Warmup);
    }

    /// <summary>A measured block.</summary>
    internal Task<BlockTimes> MeasureAsync(Schedule schedule, CancellationToken cancellation) => _bench.MeasureAsync(schedule, cancellation);

    /// <exception cref="BenchmarkException">An element is not the sum: says which.</exception>
    internal void Verify(string name, long bytes)
    {
        if (Elements.FindWrong(plan.Element, memory.Span(memory.Map.Output, (int)bytes), ranks.Count) is { } wrong)
        {
            throw new BenchmarkException($"{name} of {bytes} bytes is wrong at rank {ranks.Rank}: {wrong}.");
        }
    }

    public void Dispose() => _bench.Dispose();
}
