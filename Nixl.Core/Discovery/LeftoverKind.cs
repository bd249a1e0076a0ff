namespace Nixl.Discovery;

/// <summary>What became of an agent that has metadata in a store and does not hold its name.</summary>
public enum LeftoverKind
{
    /// <summary>An agent of this implementation whose lease is over and at whose listener nobody listens: its metadata is left over.</summary>
    Stale = 0,

    /// <summary>An agent of this implementation whose lease is over and at whose listener somebody listens: it is cut off from the store, and publishes again by itself.</summary>
    Alive = 1,

    /// <summary>An agent of upstream's, which keeps no presence.</summary>
    Foreign = 2,

    /// <summary>What is published is no metadata, or another agent's.</summary>
    Unreadable = 3,
}
