using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>What <c>poll</c> waits for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pollfd
{
    internal int fd;
    internal short events;
    internal short revents;
}
