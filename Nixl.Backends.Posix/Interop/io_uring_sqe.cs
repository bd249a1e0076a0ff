using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_uring_sqe</c> of <c>linux/io_uring.h</c>, as far as it is written; the rest stays zero.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct io_uring_sqe
{
    internal byte opcode;
    internal byte flags;
    internal ushort ioprio;
    internal int fd;
    internal ulong off;
    internal ulong addr;
    internal uint len;
    internal int rw_flags;
    internal ulong user_data;
    internal ushort buf_index;
}
