namespace Nixl.Bench.Comparison;

/// <summary>The results over one set of transports.</summary>
internal sealed record TransportsResult(ComparisonSetup Setup, CreationResult Creation, IReadOnlyList<CaseResult> Cases);
