using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>What one program's blocks took, in nanoseconds per operation.</summary>
/// <param name="Median">Of the blocks' median times.</param>
/// <param name="Mean">Of the blocks' mean times.</param>
/// <param name="Cpu">Of the blocks' processor times, whole process.</param>
internal sealed record ClientTimes(Distribution Median, Distribution Mean, Distribution Cpu)
{
    internal static ClientTimes Of(IEnumerable<BlockTime> blocks)
    {
        BlockTime[] all = [.. blocks];
        return new ClientTimes(
            Distribution.Of(all.Select(static block => block.Median)),
            Distribution.Of(all.Select(static block => block.Mean)),
            Distribution.Of(all.Select(static block => block.Cpu)));
    }
}
