using Nixl.Bench.Measurement;

namespace Nixl.Bench.Collectives;

/// <summary>Both ways on one size, in turn.</summary>
/// <param name="Bytes">Each rank's contribution.</param>
/// <param name="Hierarchical">Seconds per operation on two levels, over the rounds.</param>
/// <param name="Flat">Seconds per operation of one ring over all ranks.</param>
/// <param name="Ratio">Round by round the flat ring's time by that on two levels: above 1 two levels are faster.</param>
/// <param name="AllocatedPerOperation">Bytes that the measured threads allocated on two levels.</param>
/// <param name="IsVerified">Whether every element at every rank was compared with the sum, both ways; a wrong one ends the run.</param>
internal sealed record HierarchyResult(
    long Bytes, Distribution Hierarchical, Distribution Flat, Distribution Ratio, double AllocatedPerOperation, bool IsVerified);
