namespace Nixl.Discovery;

/// <summary>One agent in a store.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Presence">What it says about itself; null for upstream's agents, and for one whose lease is over.</param>
/// <param name="HasMetadata">Whether its full metadata is there.</param>
public sealed record DirectoryEntry(string Agent, PresenceRecord? Presence, bool HasMetadata);
