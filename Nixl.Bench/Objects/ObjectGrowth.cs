namespace Nixl.Bench.Objects;

/// <summary>By how much managed memory grew at most.</summary>
internal sealed record ObjectGrowth(long WriteBytes, long ReadBytes);
