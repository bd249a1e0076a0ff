namespace Nixl.Backends.Posix.Interop;

/// <summary>Constants of <c>linux/io_uring.h</c>, under their own names.</summary>
internal static class IoUringConstants
{
    internal const byte IORING_OP_NOP = 0;
    internal const byte IORING_OP_READ_FIXED = 4;
    internal const byte IORING_OP_WRITE_FIXED = 5;
    internal const byte IORING_OP_ASYNC_CANCEL = 14;
    internal const byte IORING_OP_READ = 22;
    internal const byte IORING_OP_WRITE = 23;

    internal const uint IORING_SETUP_CLAMP = 1 << 4;
    internal const uint IORING_SETUP_SUBMIT_ALL = 1 << 7;

    internal const uint IORING_FEAT_SINGLE_MMAP = 1 << 0;

    /// <summary>Came with Linux 5.6, as <see cref="IORING_OP_READ"/> and <see cref="IORING_OP_WRITE"/> did.</summary>
    internal const uint IORING_FEAT_RW_CUR_POS = 1 << 3;

    internal const long IORING_OFF_SQ_RING = 0;
    internal const long IORING_OFF_CQ_RING = 0x8000000;
    internal const long IORING_OFF_SQES = 0x10000000;

    internal const int IORING_REGISTER_EVENTFD = 4;
    internal const int IORING_REGISTER_BUFFERS2 = 15;
    internal const int IORING_REGISTER_BUFFERS_UPDATE = 16;
    internal const uint IORING_RSRC_REGISTER_SPARSE = 1;
}
