using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>A limit of the process: what holds, and up to where it may be raised.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct rlimit
{
    internal ulong rlim_cur;
    internal ulong rlim_max;
}
