namespace Nixl.Backends;

/// <summary>What an engine can do on this machine, as far as no interface says it.</summary>
/// <param name="MemoryTypes">The memory types it can register.</param>
/// <param name="Locality">How near a peer must be for the engine to reach it.</param>
/// <param name="Rank">Preference among engines of equal locality; the higher one is chosen.</param>
public sealed record BackendCapabilities(MemoryTypes MemoryTypes, BackendLocality Locality, int Rank = 0)
{
    /// <summary>The memory types that it takes as the local side of a transfer; a storage engine moves between host memory here and files there. All by
    /// default.</summary>
    public MemoryTypes LocalSide { get; init; } = MemoryTypes;

    /// <summary>The memory types that it takes as the remote side of a transfer. All by default.</summary>
    public MemoryTypes RemoteSide { get; init; } = MemoryTypes;

    /// <summary>Whether a transfer between these types is something that the engine does.</summary>
    internal bool Moves(MemoryType local, MemoryType remote) => LocalSide.Includes(local) && RemoteSide.Includes(remote);
}

/// <summary>How near a peer must be. Routing prefers the nearer engine.</summary>
public enum BackendLocality
{
    /// <summary>Only within the process.</summary>
    SameProcess = 0,

    /// <summary>Between processes of one host.</summary>
    SameHost = 1,

    /// <summary>Across the network.</summary>
    Network = 2,
}
