namespace Nixl.Bench.Transfers.Measuring;

/// <summary>What a process used in a time.</summary>
/// <param name="Seconds">How long it was.</param>
/// <param name="CpuSeconds">Processor time of all its threads, kernel included.</param>
/// <param name="AllocatedBytes">Managed memory that was allocated.</param>
/// <param name="Collections">Garbage collections, by generation.</param>
internal sealed record ProcessUse(double Seconds, double CpuSeconds, long AllocatedBytes, IReadOnlyList<int> Collections);
