using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_uring_cqe</c> of <c>linux/io_uring.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct io_uring_cqe
{
    internal ulong user_data;
    internal int res;
    internal uint flags;
}
