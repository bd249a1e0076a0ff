using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_uring_rsrc_register</c> of <c>linux/io_uring.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct io_uring_rsrc_register
{
    internal uint nr;
    internal uint flags;
    internal ulong resv2;
    internal ulong data;
    internal ulong tags;
}
