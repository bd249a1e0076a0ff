namespace Nixl.Bench.KvCache.Traffic;

/// <summary>What traffic is run, and how.</summary>
/// <param name="Matrices">One after the other.</param>
/// <param name="Operation">WRITE: senders write. READ: receivers read.</param>
/// <param name="Backend">Over what.</param>
/// <param name="Iterations">How often each matrix is measured.</param>
/// <param name="Warmup">How often it runs before.</param>
/// <param name="Parts">In how many descriptors each cell moves.</param>
/// <param name="Verifies">Whether every received byte is compared.</param>
/// <param name="Prints">Whether the beginning of what was received is printed.</param>
/// <param name="Limit">How long a rank waits for another.</param>
internal sealed record TrafficPlan(
    IReadOnlyList<TrafficMatrix> Matrices,
    TransferOperation Operation,
    BackendSelection Backend,
    int Iterations,
    int Warmup,
    int Parts,
    bool Verifies,
    bool Prints,
    TimeSpan Limit);
