using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>The address of a Unix socket.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct sockaddr_un
{
    /// <summary>The size of <see cref="sun_path"/>; a path must leave room for the zero at its end.</summary>
    internal const int PathBytes = 108;

    public ushort sun_family;
    public fixed byte sun_path[PathBytes];
}
