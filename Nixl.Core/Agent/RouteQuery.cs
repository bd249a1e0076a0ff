namespace Nixl.Agent;

/// <summary>What a route is looked for: both sides of a transfer.</summary>
/// <param name="LocalType">Memory type of the local side.</param>
/// <param name="Local">The local descriptors.</param>
/// <param name="RemoteType">Memory type of the remote side.</param>
/// <param name="Remote">The remote descriptors.</param>
/// <param name="RemoteAgent">The peer; null for a transfer within the agent.</param>
internal sealed record RouteQuery(
    MemoryType LocalType, SideList Local, MemoryType RemoteType, SideList Remote, RemoteAgent? RemoteAgent);
