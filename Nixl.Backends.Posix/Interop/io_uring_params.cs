using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_uring_params</c> of <c>linux/io_uring.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct io_uring_params
{
    internal uint sq_entries;
    internal uint cq_entries;
    internal uint flags;
    internal uint sq_thread_cpu;
    internal uint sq_thread_idle;
    internal uint features;
    internal uint wq_fd;
    internal fixed uint resv[3];
    internal io_sqring_offsets sq_off;
    internal io_cqring_offsets cq_off;
}
