namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>Which versions of the handshake this build speaks, and how one is agreed on.</summary>
internal static class Protocol
{
    /// <summary>The oldest version that this build speaks: its own and the one before, once there is one.</summary>
    internal const ushort VersionMin = 1;

    /// <summary>The newest version that this build speaks.</summary>
    internal const ushort VersionMax = 1;

    /// <summary>Optional abilities, one bit each; both sides use what both have. None yet.</summary>
    internal const ulong Features = 0;

    /// <summary>The highest version that both speak.</summary>
    internal static bool TryAgree(ushort peerMin, ushort peerMax, out ushort version)
    {
        version = Math.Min(VersionMax, peerMax);
        return peerMin <= peerMax && version >= Math.Max(VersionMin, peerMin);
    }
}
