using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_uring_rsrc_update2</c> of <c>linux/io_uring.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct io_uring_rsrc_update2
{
    internal uint offset;
    internal uint resv;
    internal ulong data;
    internal ulong tags;
    internal uint nr;
    internal uint resv2;
}
