using System.Diagnostics;
using System.Runtime.CompilerServices;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Allocations;

/// <summary>Repeats each activity and measures what the process allocates meanwhile.</summary>
internal static class AllocationRun
{
    private const int WarmUpChunk = 500;

    /// <summary>One figure after the other over one set of transports.</summary>
    internal static async IAsyncEnumerable<AllocationResult> RunAsync(
        string transports, int operations, long size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using (var pair = AgentPair.Open(transports, size))
        {
            yield return await MeasureAsync("post + check", Activities.PostAndCheckAsync, isBudgeted: true);
            yield return await MeasureAsync("repost + await", Activities.RepostAndAwaitAsync, isBudgeted: true);
            yield return await MeasureAsync("post with message + take it", Activities.NotifyAndTakeAsync, isBudgeted: true);
            yield return await MeasureAsync("post with message + await it", Activities.NotifyAndAwaitAsync, isBudgeted: true);

            Task<AllocationResult> MeasureAsync(string name, Func<AgentPair, int, Task> activity, bool isBudgeted)
                => AllocationRun.MeasureAsync(pair, transports, name, activity, operations, isBudgeted, cancellation);
        }

        await using (var pair = AgentPair.Open(transports, size, TimeSpan.Zero))
        {
            yield return await MeasureAsync(
                pair, transports, "repost + await, other thread completes", Activities.RepostAndAwaitAsync, operations, isBudgeted: true, cancellation);
        }
    }

    private static async Task<AllocationResult> MeasureAsync(
        AgentPair pair, string transports, string name, Func<AgentPair, int, Task> activity, int operations, bool isBudgeted, CancellationToken cancellation)
    {
        await JitWarmUp.RunAsync(() =>
        {
            cancellation.ThrowIfCancellationRequested();
            return activity(pair, WarmUpChunk);
        });

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        await activity(pair, operations);
        var wall = Stopwatch.GetElapsedTime(start);
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        return new AllocationResult(transports, name, operations, bytes, wall.TotalNanoseconds / operations, isBudgeted);
    }
}
