using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>One size and direction: what the rounds gave.</summary>
internal sealed record CaseResult
{
    public required TransferOperation Operation { get; init; }

    public required long Size { get; init; }

    /// <summary>Blocks of that size in one transfer.</summary>
    public required int Blocks { get; init; }

    public required int OperationsPerBlock { get; init; }

    /// <summary>Round by round the reference's median time divided by the agent's: 1 is equal, below 1 the agent is slower.</summary>
    public required Distribution MedianRatio { get; init; }

    /// <summary>The same of the mean times: the ratio of the throughputs.</summary>
    public required Distribution MeanRatio { get; init; }

    /// <summary>Over the rounds.</summary>
    public required ClientTimes Agent { get; init; }

    /// <summary>Over the rounds.</summary>
    public required ClientTimes Reference { get; init; }

    internal static CaseResult Of(TransferOperation operation, TransferShape shape, int count, IReadOnlyList<(BlockTime Agent, BlockTime Reference)> rounds) => new()
    {
        Operation = operation,
        Size = shape.Size,
        Blocks = shape.Blocks,
        OperationsPerBlock = count,
        MedianRatio = Distribution.Of(rounds.Select(static round => round.Reference.Median / round.Agent.Median)),
        MeanRatio = Distribution.Of(rounds.Select(static round => round.Reference.Mean / round.Agent.Mean)),
        Agent = ClientTimes.Of(rounds.Select(static round => round.Agent)),
        Reference = ClientTimes.Of(rounds.Select(static round => round.Reference)),
    };
}
