using System.Diagnostics;

namespace Nixl.Bench.Compare.Moves;

/// <summary>What the operations of a block took.</summary>
/// <param name="Operations">How many were timed.</param>
/// <param name="Median">Nanoseconds of the median one: hardly touched by other processes.</param>
/// <param name="P99">Nanoseconds of the 99th percentile.</param>
/// <param name="Mean">Nanoseconds of the block by the number of operations.</param>
/// <param name="Used">What this process used meanwhile.</param>
internal readonly record struct MoveTimes(int Operations, double Median, double P99, double Mean, ProcessUse Used)
{
    internal static MoveTimes Of(Span<long> ticks, int group, long whole, ProcessUse used)
    {
        ticks.Sort();
        var operations = ticks.Length * group;
        return new MoveTimes(
            operations, Nanoseconds(ticks[ticks.Length / 2]) / group, Nanoseconds(ticks[ticks.Length * 99 / 100]) / group, Nanoseconds(whole) / operations, used);
    }

    // Never 0, which a clock may say of something short: rates are made of it.
    private static double Nanoseconds(long ticks) => Math.Max(1.0, ticks) * 1_000_000_000 / Stopwatch.Frequency;
}
