using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary>The head of the completion ring that the kernel maps where an AIO context's number points (<c>struct aio_ring</c> of <c>fs/aio.c</c>). No header has
/// it, but the layout is fixed: libaio has read it since 2.6.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct aio_ring
{
    internal const uint AIO_RING_MAGIC = 0xa10a10a1;

    internal uint id;
    internal uint nr;
    internal uint head;
    internal uint tail;
    internal uint magic;
}
