using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct rlimit</c> of <c>sys/resource.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct rlimit
{
    internal ulong rlim_cur;
    internal ulong rlim_max;
}
