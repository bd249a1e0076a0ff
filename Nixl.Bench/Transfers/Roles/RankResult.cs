using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>What a rank tells the others after a case.</summary>
/// <param name="Use">What its process used meanwhile.</param>
/// <param name="Times">What it measured; null for a target.</param>
/// <param name="Problem">What is wrong with the bytes or the notifications; null when nothing is, or nothing was compared.</param>
internal sealed record RankResult(ProcessUse Use, CaseTimes? Times, string? Problem);
