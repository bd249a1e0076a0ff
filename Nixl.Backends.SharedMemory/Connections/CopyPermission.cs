namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>Whether the kernel copies between this process and a peer.</summary>
internal enum CopyPermission
{
    /// <summary>It does.</summary>
    Granted,

    /// <summary>It does not, and will not.</summary>
    Refused,

    /// <summary>It does not yet: the peer has still to name this process to Yama, which it does when it takes the connection in.</summary>
    Pending,
}
