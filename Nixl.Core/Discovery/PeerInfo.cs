namespace Nixl.Discovery;

/// <summary>A peer as an agent sees it; a snapshot.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">What is known of it.</param>
/// <param name="IsLoaded">Whether its metadata is loaded, so that transfers with it can be made.</param>
public sealed record PeerInfo(string Name, PeerState State, bool IsLoaded)
{
    /// <summary>Its incarnation; null for upstream's agents.</summary>
    public Guid? Incarnation { get; init; }

    /// <summary>Where its listener is said to be reached; empty when it has none or is not known.</summary>
    public string Listener { get; init; } = "";

    /// <summary>Whether its heartbeats arrive here.</summary>
    public bool HasHeartbeat { get; init; }
}
