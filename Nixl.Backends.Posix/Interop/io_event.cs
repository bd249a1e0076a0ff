using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct io_event</c> of <c>linux/aio_abi.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct io_event
{
    internal ulong data;
    internal ulong obj;
    internal long res;
    internal long res2;
}
