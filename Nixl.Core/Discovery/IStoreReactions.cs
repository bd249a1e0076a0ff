namespace Nixl.Discovery;

/// <summary>What an agent does when something happens in its store. Called by one task at a time, except <see cref="TryLoad"/>.</summary>
internal interface IStoreReactions
{
    /// <summary>Something about this agent itself.</summary>
    void OnOwn(DirectoryEvent change);

    /// <summary>Whether a peer's metadata is to be loaded.</summary>
    bool Wants(string peer);

    /// <summary>Whether less than what the record tells of is loaded.</summary>
    bool IsOutdated(PresenceRecord presence);

    /// <summary>Loads what the store has of a peer. A refusal is logged.</summary>
    void TryLoad(string peer, ReadOnlyMemory<byte> blob);

    /// <summary>The peer holds its lease.</summary>
    void OnLeaseHeld(PresenceRecord presence);

    /// <summary>The peer's lease is over: a sign, no proof.</summary>
    void OnLeaseOver(string peer);

    /// <summary>The peer left, or was evicted.</summary>
    void OnGone(PresenceRecord presence);

    /// <summary>The keys that upstream's agents read of the peer are gone.</summary>
    void OnInvalidated(string peer);
}
