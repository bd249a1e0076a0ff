namespace Nixl.Backends;

/// <summary>One entry of a view.</summary>
/// <param name="Agent">The peer whose memory it is; empty for this agent's own.</param>
/// <param name="Range">The range, which lies within <paramref name="Region"/>.</param>
/// <param name="Region">What the engine registered (<see cref="BackendMemory"/>) or loaded (<see cref="BackendRemoteMemory"/>); null for a hole, which device code
/// must not name.</param>
public readonly record struct MemoryViewEntry(string Agent, MemoryDescriptor Range, BackendRegion? Region);
