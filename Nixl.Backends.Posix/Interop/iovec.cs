using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct iovec</c> of <c>sys/uio.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct iovec
{
    internal void* iov_base;
    internal nuint iov_len;
}
