namespace Nixl.Bench.Comparison;

/// <summary>The results over one set of transports.</summary>
internal sealed record TransportsResult(ComparisonSetup Setup, IReadOnlyList<CaseResult> Cases);
