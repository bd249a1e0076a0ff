namespace Nixl.Bench.Allocations;

/// <summary>What one kind of operation allocated.</summary>
/// <param name="Transports">UCX_TLS.</param>
/// <param name="Activity">What was repeated.</param>
/// <param name="Operations">How often.</param>
/// <param name="Bytes">Growth of the bytes allocated by every thread of the process.</param>
/// <param name="Nanoseconds">Wall time per operation, for orientation.</param>
/// <param name="IsBudgeted">Whether it is to allocate nothing.</param>
internal sealed record AllocationResult(string Transports, string Activity, int Operations, long Bytes, double Nanoseconds, bool IsBudgeted)
{
    /// <summary>Bytes per operation.</summary>
    public double BytesPerOperation => (double)Bytes / Operations;
}
