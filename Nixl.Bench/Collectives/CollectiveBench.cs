using System.Diagnostics;
using Nixl.Bench.Comparison;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>Runs schedules in step with the other ranks: proves their results and times them.</summary>
internal sealed class CollectiveBench : IDisposable
{
    private readonly RankMemory _memory;
    private readonly IRendezvous _ranks;
    private readonly CollectivePlan _plan;
    private readonly ScheduleRunner _runner;
    private readonly BoundThread _thread = new(null);
    private readonly long[] _times;

    internal CollectiveBench(RankMemory memory, IRendezvous ranks, CollectivePlan plan, int tags)
    {
        (_memory, _ranks, _plan) = (memory, ranks, plan);
        _runner = new ScheduleRunner(memory, ranks, plan.Element, tags, plan.Limit);
        _times = new long[plan.Iterations];
    }

    /// <summary>Seconds of each operation of the last block at this rank, sorted.</summary>
    internal double Quantile(double quantile) => (double)_times[(int)Math.Ceiling(quantile * _times.Length) - 1] / Stopwatch.Frequency;

    /// <summary>Writes this rank's contribution, and something wrong where the result is to come. The others wait for it.</summary>
    internal Task PrepareAsync(long bytes, CancellationToken cancellation)
    {
        Elements.Fill(_plan.Element, _memory.Span(MemoryMap.Input, (int)bytes), _ranks.Rank);
        _memory.Span(_memory.Map.Output, (int)bytes).Fill(0xA5);
        return _ranks.BarrierAsync("contributions", cancellation);
    }

    /// <summary>One operation and, after it, the comparison of every element; then the warm-up.</summary>
    internal async Task WarmAsync(Schedule schedule, string name, long bytes, CancellationToken cancellation)
    {
        await _thread.RunAsync(() => Repeat(schedule, 1));
        Verify(name, bytes);
        await _ranks.BarrierAsync("verified", cancellation);
        await _thread.RunAsync(() => Repeat(schedule, _plan.Warmup));
    }

    /// <summary>A measured block.</summary>
    internal async Task<BlockTimes> MeasureAsync(Schedule schedule, CancellationToken cancellation)
    {
        await _ranks.BarrierAsync("block", cancellation);
        var own = await _thread.RunAsync(() => Time(schedule));
        var all = await _ranks.AllGatherAsync("times", own.Encode(), cancellation);
        return BlockTimes.Of(all.Select(RankTimes.Decode), _plan.Iterations);
    }

    /// <exception cref="BenchmarkException">An element is not the sum: says which.</exception>
    internal void Verify(string name, long bytes)
    {
        if (Elements.FindWrong(_plan.Element, _memory.Span(_memory.Map.Output, (int)bytes), _ranks.Count) is { } wrong)
        {
            throw new BenchmarkException($"{name} of {bytes} bytes is wrong at rank {_ranks.Rank}: {wrong}.");
        }
    }

    public void Dispose() => _thread.Dispose();

    private bool Repeat(Schedule schedule, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _runner.Run(schedule);
        }

        return true;
    }

    private RankTimes Time(Schedule schedule)
    {
        var process = GC.GetTotalAllocatedBytes(precise: true);
        var thread = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var last = start;
        for (var i = 0; i < _times.Length; i++)
        {
            _runner.Run(schedule);
            var now = Stopwatch.GetTimestamp();
            _times[i] = now - last;
            last = now;
        }

        thread = GC.GetAllocatedBytesForCurrentThread() - thread;
        process = GC.GetTotalAllocatedBytes(precise: true) - process;
        Array.Sort(_times);
        return new RankTimes(last - start, thread, process);
    }
}
