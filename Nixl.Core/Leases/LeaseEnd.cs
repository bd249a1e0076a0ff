namespace Nixl;

/// <summary>How a <see cref="MemoryLease"/> ended. After each of them the application may use the memory again; about peers that may still read it see
/// <c>docs/transfers.md</c>.</summary>
public enum LeaseEnd
{
    /// <summary>The peer sent the tag: it is done.</summary>
    Released = 0,

    /// <summary>The time was over. The peer may still be reading.</summary>
    Expired = 1,

    /// <summary>The peer was lost or invalidated.</summary>
    PeerGone = 2,

    /// <summary>The application disposed the lease.</summary>
    Withdrawn = 3,

    /// <summary>The agent was disposed, or the grace of <see cref="NixlAgent.DrainAsync"/> was over.</summary>
    Cut = 4,
}
