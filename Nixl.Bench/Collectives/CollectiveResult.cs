namespace Nixl.Bench.Collectives;

/// <summary>One algorithm on one size.</summary>
/// <param name="Algorithm">Its name.</param>
/// <param name="Bytes">Each rank's contribution.</param>
/// <param name="Ranks">How many ranks.</param>
/// <param name="Mean">Seconds per operation at the slowest rank.</param>
/// <param name="Median">Seconds, of the operations of rank 0.</param>
/// <param name="P95">The same.</param>
/// <param name="P99">The same.</param>
/// <param name="AllocatedPerOperation">Bytes that the measured threads allocated.</param>
/// <param name="ProcessAllocatedPerOperation">Bytes that the processes allocated, what only keeps ranks together included.</param>
/// <param name="IsVerified">Whether every element at every rank was compared with the sum; a wrong one ends the run.</param>
internal sealed record CollectiveResult(
    string Algorithm,
    long Bytes,
    int Ranks,
    double Mean,
    double Median,
    double P95,
    double P99,
    double AllocatedPerOperation,
    double ProcessAllocatedPerOperation,
    bool IsVerified)
{
    /// <summary>Bytes reduced per second.</summary>
    public double AlgorithmBandwidth => Bytes / Mean;

    /// <summary>Bytes per second that each rank's link would need with the best algorithm, which sends 2(n - 1)/n of them: comparable over numbers of ranks.</summary>
    public double BusBandwidth => AlgorithmBandwidth * 2 * (Ranks - 1) / Ranks;
}
