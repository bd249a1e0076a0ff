using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>Creating the backend: what the rounds gave.</summary>
/// <param name="Ratio">Round by round the agent's median time divided by the reference's: above 1 the agent is slower, by what a backend has beside libucp.</param>
/// <param name="Agent">Over the rounds.</param>
/// <param name="Reference">A context and a worker, over the rounds.</param>
internal sealed record CreationResult(Distribution Ratio, ClientTimes Agent, ClientTimes Reference)
{
    /// <summary>The greatest ratio that is good enough.</summary>
    public const double Bar = 1.3;

    internal static CreationResult Of(IReadOnlyList<(BlockTime Agent, BlockTime Reference)> rounds) => new(
        Distribution.Of(rounds.Select(static round => round.Agent.Median / round.Reference.Median)),
        ClientTimes.Of(rounds.Select(static round => round.Agent)),
        ClientTimes.Of(rounds.Select(static round => round.Reference)));
}
