namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>How far a peer's memory object is.</summary>
internal enum PeerObjectState
{
    /// <summary>To be asked for.</summary>
    Wanted,

    /// <summary>Asked for.</summary>
    Requested,

    /// <summary>Mapped; its pages are being entered.</summary>
    Populating,

    /// <summary>To be used.</summary>
    Ready,

    /// <summary>Not to be had; the kernel's copy takes its place.</summary>
    Failed,
}
