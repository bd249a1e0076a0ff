using Nixl.Bench.Measurement;

namespace Nixl.Bench.ControlPath;

/// <summary>One case: what the rounds gave.</summary>
internal sealed record ControlResult
{
    /// <summary>UCX_TLS; null for work that needs no transport.</summary>
    public required string? Transports { get; init; }

    public required ControlCase Case { get; init; }

    /// <summary>Repetitions of each program per round.</summary>
    public required int Repetitions { get; init; }

    /// <summary>The agent's median times, over the rounds, in nanoseconds.</summary>
    public required Distribution Agent { get; init; }

    /// <summary>The reference's; null where it does not do such work.</summary>
    public required Distribution? Reference { get; init; }

    /// <summary>Round by round the agent's median time divided by the reference's: 1 is equal, above 1 the agent is slower.</summary>
    public required Distribution? MedianRatio { get; init; }

    /// <summary>The same of the mean times, with garbage collections and other interruptions.</summary>
    public required Distribution? MeanRatio { get; init; }

    /// <summary>Whether the median of the rounds' ratios is within the bar; null without a reference.</summary>
    public bool? IsMet => MedianRatio is null ? null : MedianRatio.Median <= Case.Bar;

    internal static ControlResult Of(
        string? transports, ControlCase one, int repetitions, IReadOnlyList<(WorkTime Agent, WorkTime? Reference)> rounds)
    {
        var isCompared = rounds[0].Reference is not null;
        return new ControlResult
        {
            Transports = transports,
            Case = one,
            Repetitions = repetitions,
            Agent = Distribution.Of(rounds.Select(static round => round.Agent.Median)),
            Reference = isCompared ? Distribution.Of(rounds.Select(static round => round.Reference!.Value.Median)) : null,
            MedianRatio = isCompared ? Distribution.Of(rounds.Select(static round => round.Agent.Median / round.Reference!.Value.Median)) : null,
            MeanRatio = isCompared ? Distribution.Of(rounds.Select(static round => round.Agent.Mean / round.Reference!.Value.Mean)) : null,
        };
    }
}
