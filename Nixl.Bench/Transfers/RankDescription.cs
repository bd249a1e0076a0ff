namespace Nixl.Bench.Transfers;

/// <summary>One rank in a report.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="Role">What it did.</param>
/// <param name="Host">Where.</param>
/// <param name="ProcessId">As which process.</param>
/// <param name="Processor">Bound to which processor; null for none.</param>
/// <param name="Library">The backend's native library there.</param>
/// <param name="Settings">The library's settings in effect.</param>
internal sealed record RankDescription(int Rank, string Role, string Host, int ProcessId, int? Processor, string Library, string Settings);
