using System.Diagnostics;

namespace Nixl.Bench.Collectives;

/// <summary>A block of operations, over all ranks.</summary>
/// <param name="Mean">Seconds per operation at the slowest rank.</param>
/// <param name="ThreadBytes">Bytes that the measured threads allocated per operation, at the rank with the most.</param>
/// <param name="ProcessBytes">The same of the whole processes.</param>
internal readonly record struct BlockTimes(double Mean, double ThreadBytes, double ProcessBytes)
{
    internal static BlockTimes Of(IEnumerable<RankTimes> ranks, int operations)
    {
        var all = ranks.ToList();
        return new BlockTimes(
            (double)all.Max(static rank => rank.Ticks) / Stopwatch.Frequency / operations,
            (double)all.Max(static rank => rank.ThreadBytes) / operations,
            (double)all.Max(static rank => rank.ProcessBytes) / operations);
    }
}
