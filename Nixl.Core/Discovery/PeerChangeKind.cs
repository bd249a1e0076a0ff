namespace Nixl.Discovery;

/// <summary>What became of a peer.</summary>
public enum PeerChangeKind
{
    /// <summary>It is there now.</summary>
    Joined = 0,

    /// <summary>Its metadata is loaded: transfers with it can be made.</summary>
    Loaded = 1,

    /// <summary>It is gone: it left, was evicted or invalidated, or died.</summary>
    Left = 2,
}
