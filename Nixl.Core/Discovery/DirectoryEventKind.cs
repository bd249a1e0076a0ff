namespace Nixl.Discovery;

/// <summary>What changed in a store.</summary>
public enum DirectoryEventKind
{
    /// <summary>Everything that was there when the watch began has been told.</summary>
    Synchronized = 0,

    /// <summary>An agent's presence record was written.</summary>
    Presence = 1,

    /// <summary>An agent's presence record is gone: its lease is over, or somebody removed it.</summary>
    PresenceGone = 2,

    /// <summary>An agent's full metadata was written.</summary>
    Metadata = 3,

    /// <summary>An agent's metadata was withdrawn: upstream's invalidation.</summary>
    Invalidated = 4,
}
