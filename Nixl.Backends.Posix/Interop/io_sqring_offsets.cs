using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_sqring_offsets</c> of <c>linux/io_uring.h</c>: where things lie in the mapping of the submission ring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct io_sqring_offsets
{
    internal uint head;
    internal uint tail;
    internal uint ring_mask;
    internal uint ring_entries;
    internal uint flags;
    internal uint dropped;
    internal uint array;
    internal uint resv1;
    internal ulong resv2;
}
