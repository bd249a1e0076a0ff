namespace Nixl.Agent;

/// <summary>One entry of a view to be made.</summary>
/// <param name="Range">The range.</param>
/// <param name="Peer">Whose it is; null for this agent's own.</param>
/// <param name="IsHole">Whether the entry names nothing.</param>
internal readonly record struct ViewRange(MemoryDescriptor Range, RemoteAgent? Peer, bool IsHole = false);
