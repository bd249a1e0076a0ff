namespace Nixl.Discovery;

/// <summary>What a board knows of one peer. Used under the board's gate.</summary>
internal sealed class PeerEntry(string name)
{
    // Between attempts to load a peer whose metadata could not be loaded.
    private const int RetryFirstMs = 1000;
    private const int RetryMostMs = 30_000;

    private int _retryMs = RetryFirstMs;

    internal string Name { get; } = name;

    /// <summary>Its record in the store; null when it has none.</summary>
    internal PresenceRecord? Presence { get; set; }

    /// <summary>Whether the store has, or had until its lease ended, a key of it.</summary>
    internal bool IsInStore { get; set; }

    internal bool IsLoaded { get; set; }

    /// <summary>When the store lost it, in milliseconds of the system's uptime; null when it did not.</summary>
    internal long? LostAt { get; set; }

    /// <summary>Whether the application sent it away: it is not loaded again by itself.</summary>
    internal bool IsDismissed { get; set; }

    /// <summary>Which watch last saw it.</summary>
    internal int Round { get; set; }

    /// <summary>Before when it is not tried again.</summary>
    internal long RetryAt { get; private set; }

    internal void DelayRetry(long now)
    {
        RetryAt = now + _retryMs;
        _retryMs = Math.Min(_retryMs * 2, RetryMostMs);
    }

    internal void ResetRetry() => (RetryAt, _retryMs) = (0, RetryFirstMs);

    internal PeerInfo ToInfo(bool hasHeartbeat) => new(
        Name,
        LostAt is not null ? PeerState.Suspect : Presence?.State == PresenceState.Draining ? PeerState.Draining : PeerState.Present,
        IsLoaded)
    {
        Incarnation = Presence?.Incarnation,
        Listener = Presence?.Listener ?? "",
        HasHeartbeat = hasHeartbeat,
    };
}
