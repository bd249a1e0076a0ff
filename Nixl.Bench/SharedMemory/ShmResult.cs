using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.SharedMemory;

/// <summary>What the rounds of one case gave.</summary>
/// <param name="Case">The case.</param>
/// <param name="MedianRatio">Round by round the C program's median time by the agent's: above 1 the agent is faster.</param>
/// <param name="UcxRatio">The same of UCX through the agent; null where it was not measured.</param>
/// <param name="Agent">Times of SHM through the agent.</param>
/// <param name="Reference">Times of the C program.</param>
/// <param name="Ucx">Times of UCX through the agent.</param>
internal sealed record ShmResult(
    ShmCase Case, Distribution MedianRatio, Distribution? UcxRatio, ClientTimes Agent, ClientTimes Reference, ClientTimes? Ucx)
{
    internal static ShmResult Of(ShmCase one, IReadOnlyList<(BlockTime Agent, BlockTime Reference, BlockTime? Ucx)> rounds)
    {
        var withUcx = rounds.Where(static round => round.Ucx is not null).ToList();
        return new ShmResult(
            one,
            Distribution.Of(rounds.Select(static round => round.Reference.Median / round.Agent.Median)),
            withUcx.Count == 0 ? null : Distribution.Of(withUcx.Select(static round => round.Ucx!.Value.Median / round.Agent.Median)),
            ClientTimes.Of(rounds.Select(static round => round.Agent)),
            ClientTimes.Of(rounds.Select(static round => round.Reference)),
            withUcx.Count == 0 ? null : ClientTimes.Of(withUcx.Select(static round => round.Ucx!.Value)));
    }
}
