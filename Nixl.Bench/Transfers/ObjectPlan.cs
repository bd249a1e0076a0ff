namespace Nixl.Bench.Transfers;

/// <summary>The objects that are read and written.</summary>
/// <param name="Prefix">What every key begins with.</param>
/// <param name="Count">How many sets of objects take turns: each iteration uses the next.</param>
/// <param name="StartsStore">Whether a store of its own is started on loopback, with everything in memory.</param>
internal sealed record ObjectPlan(string Prefix, int Count, bool StartsStore);
