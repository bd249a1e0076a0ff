using System.Diagnostics;

namespace Nixl.Bench.Objects;

/// <summary>What one run of a contender took, in the whole process.</summary>
internal readonly record struct ObjectSample(double Seconds, double CpuSeconds, long Allocated)
{
    /// <summary>Runs and measures.</summary>
    internal static async Task<ObjectSample> OfAsync(Func<Task> run)
    {
        var (cpu, allocated, start) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
        await run();
        return new ObjectSample(
            Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }
}
