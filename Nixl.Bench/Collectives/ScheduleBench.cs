using System.Diagnostics;
using Nixl.Bench.Comparison;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>Runs schedules on a thread of its own and times them in step with the other ranks.</summary>
internal sealed class ScheduleBench : IDisposable
{
    private readonly IRendezvous _ranks;
    private readonly ScheduleRunner _runner;
    private readonly BoundThread _thread = new(null);
    private readonly long[] _times;

    internal ScheduleBench(RankMemory memory, IRendezvous ranks, ElementKind element, int iterations, int tags, TimeSpan limit)
    {
        _ranks = ranks;
        _runner = new ScheduleRunner(memory, ranks, element, tags, limit);
        _times = new long[iterations];
    }

    /// <summary>Seconds of an operation of the last block at this rank.</summary>
    internal double Quantile(double quantile) => (double)_times[(int)Math.Ceiling(quantile * _times.Length) - 1] / Stopwatch.Frequency;

    /// <summary>Operations that are not timed.</summary>
    internal Task RepeatAsync(Schedule schedule, int count) => _thread.RunAsync(() =>
    {
        for (var i = 0; i < count; i++)
        {
            _runner.Run(schedule);
        }

        return true;
    });

    /// <summary>A measured block; all ranks have done it when this returns.</summary>
    internal async Task<BlockTimes> MeasureAsync(Schedule schedule, CancellationToken cancellation)
    {
        await _ranks.BarrierAsync("block", cancellation);
        var own = await _thread.RunAsync(() => Time(schedule));
        var all = await _ranks.AllGatherAsync("times", own.Encode(), cancellation);
        return BlockTimes.Of(all.Select(RankTimes.Decode), _times.Length);
    }

    public void Dispose() => _thread.Dispose();

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
