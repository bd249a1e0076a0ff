namespace Nixl.Bench.Compare;

/// <summary>What a contender used beside time, the median of the rounds.</summary>
/// <param name="CpuSecondsPerGigabyte">Processor time, user and system, of every process that took part.</param>
/// <param name="AllocatedBytesPerOperation">Managed bytes that both processes allocated.</param>
/// <param name="P99Microseconds">The 99th percentile of the operations' times within a block.</param>
internal sealed record ContenderCost(double CpuSecondsPerGigabyte, double AllocatedBytesPerOperation, double P99Microseconds);
