namespace Nixl.Agent;

/// <summary>Where a section holds a region.</summary>
internal enum RegionPlace : byte
{
    /// <summary>Among those that were added since the index was made.</summary>
    Added,

    /// <summary>In the index.</summary>
    Indexed,

    /// <summary>Taken out; where it is still found, it counts for nothing.</summary>
    Gone,
}
