namespace Nixl.Bench.Compare;

/// <summary>What became of a suite.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Results">What it gave; empty where it did not run.</param>
/// <param name="Remarks">Facts that belong to the figures.</param>
/// <param name="Absence">Why it did not run; null where it did.</param>
/// <param name="Failure">What ended it early; null where nothing did.</param>
internal sealed record SuiteOutcome(ISuite Suite, IReadOnlyList<CompareResult> Results, IReadOnlyList<string> Remarks, Absence? Absence, string? Failure);
