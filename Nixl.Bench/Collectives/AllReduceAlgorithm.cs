namespace Nixl.Bench.Collectives;

/// <summary>How ranks reduce.</summary>
internal enum AllReduceAlgorithm
{
    /// <summary>Reduce-scatter and all-gather around a ring.</summary>
    Ring,

    /// <summary>Recursive doubling.</summary>
    Doubling,
}
