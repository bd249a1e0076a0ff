namespace Nixl.Discovery;

/// <summary>What is known of a peer.</summary>
public enum PeerState
{
    /// <summary>It is there.</summary>
    Present = 0,

    /// <summary>It is there and takes no new peers.</summary>
    Draining = 1,

    /// <summary>Its lease is over, or the store has lost it, and nothing else says that it is gone: it may only be cut off from the store.</summary>
    Suspect = 2,
}
