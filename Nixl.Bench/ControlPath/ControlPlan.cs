namespace Nixl.Bench.ControlPath;

/// <summary>What to measure.</summary>
internal sealed record ControlPlan
{
    /// <summary>Descriptors of a list, and scattered indices.</summary>
    public required IReadOnlyList<int> Descriptors { get; init; }

    /// <summary>Consecutive indices.</summary>
    public required IReadOnlyList<int> Consecutive { get; init; }

    /// <summary>Regions over which created lists are spread.</summary>
    public required IReadOnlyList<int> Regions { get; init; }

    /// <summary>Regions that are registered with UCX.</summary>
    public required IReadOnlyList<int> Registrations { get; init; }

    /// <summary>Sets of UCX transports.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    /// <summary>Alternations per case.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long one program runs before the other.</summary>
    public required TimeSpan Block { get; init; }

    /// <summary>Where both programs' measuring threads run; null leaves it to the scheduler.</summary>
    public required int? Processor { get; init; }

    /// <summary>Parts of titles: only cases that have one of them; empty for all.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>A program that takes the place of the one in C; null for that one.</summary>
    public required string? Reference { get; init; }
}
