using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct statx_timestamp</c> of <c>linux/stat.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct statx_timestamp
{
    internal long tv_sec;
    internal uint tv_nsec;
    internal int __reserved;
}
