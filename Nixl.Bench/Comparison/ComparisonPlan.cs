namespace Nixl.Bench.Comparison;

/// <summary>What to compare.</summary>
internal sealed record ComparisonPlan
{
    /// <summary>Bytes of a scattered block: a page.</summary>
    internal const int ScatteredSize = 4 << 10;

    /// <summary>Sets of UCX transports.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    /// <summary>Bytes per operation.</summary>
    public required IReadOnlyList<long> Sizes { get; init; }

    /// <summary>Blocks of one more case, of <see cref="ScatteredSize"/> bytes each, in one transfer; 0 leaves it out.</summary>
    public required int Scattered { get; init; }

    /// <summary>The cases.</summary>
    internal IEnumerable<TransferShape> Shapes
        => Sizes.Select(static size => new TransferShape(size, 1)).Concat(Scattered > 0 ? [new TransferShape(ScatteredSize, Scattered)] : []);

    /// <summary>What either side needs of memory.</summary>
    internal long Bytes => Shapes.Max(static shape => shape.Reach);

    /// <summary>Alternations per size and direction.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long one program runs before the other.</summary>
    public required TimeSpan Block { get; init; }

    /// <summary>Network devices.</summary>
    public required string NetDevices { get; init; }

    /// <summary>How the target polls.</summary>
    public required ProgressMode TargetProgress { get; init; }

    /// <summary>Where client and target run; null leaves it to the scheduler.</summary>
    public required ProcessorPair? Processors { get; init; }

    /// <summary>Whether the reference is compared with a second copy of itself.</summary>
    public required bool IsControl { get; init; }
}
