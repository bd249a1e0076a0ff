using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>One descriptor to wait for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pollfd
{
    public int fd;
    public short events;
    public short revents;
}
