using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Where the last search in an index ended. Neighbours in a list usually lie in the same region, or in one beside it: then the next search needs no
/// descent.</summary>
/// <remarks>Belongs to one index, one list and one thread.</remarks>
internal struct RegionCursor<TRegion>
    where TRegion : BackendRegion
{
    /// <summary>The region that was found; null before the first search.</summary>
    internal TRegion? Region { get; set; }

    /// <summary>The leaf that holds it.</summary>
    internal RegionNode? Leaf { get; set; }
}
