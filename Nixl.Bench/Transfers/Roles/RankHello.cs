namespace Nixl.Bench.Transfers.Roles;

/// <summary>What a rank tells the others about itself before the first case.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="ProcessId">The process there.</param>
/// <param name="Processor">The processor that it is bound to; null for none.</param>
/// <param name="Library">The backend's native library.</param>
/// <param name="Settings">The library's settings in effect.</param>
/// <param name="Metadata">The agent's metadata.</param>
/// <param name="Addresses">Where its buffers begin, by device.</param>
/// <param name="Terms">What all ranks must agree on, by option.</param>
internal sealed record RankHello(
    string Agent,
    string Host,
    int ProcessId,
    int? Processor,
    string Library,
    string Settings,
    byte[] Metadata,
    IReadOnlyList<ulong> Addresses,
    IReadOnlyDictionary<string, string> Terms);
