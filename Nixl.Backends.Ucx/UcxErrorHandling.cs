namespace Nixl.Backends.Ucx;

/// <summary>What endpoints do about a peer that is lost.</summary>
public enum UcxErrorHandling
{
    /// <summary><see cref="None"/> where only shared-memory transports are asked for, else <see cref="Peer"/>.</summary>
    Auto,

    /// <summary>The loss of a peer is reported and ends its transfers. libucp offers no shared memory then.</summary>
    Peer,

    /// <summary>The loss of a peer is not reported, and nothing can be closed by force: deadlines end what it leaves.</summary>
    None,
}
