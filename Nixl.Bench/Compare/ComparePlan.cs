using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare;

/// <summary>How the suites measure.</summary>
internal sealed record ComparePlan
{
    /// <summary>Alternations per case.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long a contender runs before the next has its turn.</summary>
    public required TimeSpan Block { get; init; }

    /// <summary>Tiny sizes: to see that everything runs, not how fast.</summary>
    public required bool IsQuick { get; init; }

    /// <summary>Whether the bytes of every block are compared after its clock has stopped; the first of a case always are.</summary>
    public required bool Verifies { get; init; }

    /// <summary>Where the two sides run; null leaves it to the scheduler.</summary>
    public required ProcessorPair? Processors { get; init; }

    /// <summary>Where the files of the suites about files go.</summary>
    public required string Folder { get; init; }

    /// <summary>Upstream's nixlbench, if named; otherwise it is looked for on the path.</summary>
    public required string? UpstreamProgram { get; init; }

    /// <summary>Parts of names: only cases that have one of them; empty for all.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>Whether a case is wanted.</summary>
    internal bool Wants(string name) => Only.Count == 0 || Only.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));
}
