namespace Nixl.Bench.Compare;

/// <summary>Why a suite cannot run here.</summary>
/// <param name="Reason">What is missing.</param>
/// <param name="Remedy">How to get it.</param>
internal sealed record Absence(string Reason, string Remedy);
