namespace Nixl.Bench.KvCache.Traffic;

/// <summary>One matrix.</summary>
/// <param name="Matrix">Its file.</param>
/// <param name="Bytes">Of all cells.</param>
/// <param name="Senders">Ranks that send.</param>
/// <param name="Mean">Seconds until the slowest rank was done, per iteration.</param>
/// <param name="BytesPerSecond">Of all ranks together.</param>
/// <param name="BytesPerSecondOfRank">The same by sending rank, on average.</param>
/// <param name="IsVerified">Whether every received byte was compared; a wrong one ends the run.</param>
internal sealed record TrafficResult(string Matrix, long Bytes, int Senders, double Mean, double BytesPerSecond, double BytesPerSecondOfRank, bool IsVerified);
