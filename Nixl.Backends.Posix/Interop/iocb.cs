using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct iocb</c> of <c>linux/aio_abi.h</c> on a little-endian machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct iocb
{
    internal const ushort IOCB_CMD_PREAD = 0;
    internal const ushort IOCB_CMD_PWRITE = 1;
    internal const uint IOCB_FLAG_RESFD = 1;

    internal ulong aio_data;
    internal uint aio_key;
    internal int aio_rw_flags;
    internal ushort aio_lio_opcode;
    internal short aio_reqprio;
    internal uint aio_fildes;
    internal ulong aio_buf;
    internal ulong aio_nbytes;
    internal long aio_offset;
    internal ulong aio_reserved2;
    internal uint aio_flags;
    internal uint aio_resfd;
}
