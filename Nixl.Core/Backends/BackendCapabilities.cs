namespace Nixl.Backends;

/// <summary>What an engine can do on this machine, as far as no interface says it.</summary>
/// <param name="MemoryTypes">The memory types it can register.</param>
/// <param name="Locality">How near a peer must be for the engine to reach it.</param>
/// <param name="Rank">Preference among engines of equal locality; the higher one is chosen.</param>
public sealed record BackendCapabilities(MemoryTypes MemoryTypes, BackendLocality Locality, int Rank = 0);

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
