using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Files;

/// <summary>What the kernel says about an open file.</summary>
/// <param name="Status">The file's own data.</param>
/// <param name="Flags">The flags in effect, from <c>F_GETFL</c>.</param>
/// <param name="DeviceBytes">The size of a block device; 0 for others.</param>
/// <param name="MemoryAlignment">What the memory address of direct I/O must be a multiple of; 1 without direct I/O.</param>
/// <param name="OffsetAlignment">What its offset and length must be a multiple of; 1 without direct I/O.</param>
internal readonly record struct FileFacts(statx Status, int Flags, long DeviceBytes, int MemoryAlignment, int OffsetAlignment)
{
    // Linux accepts every multiple of it on any file system that takes direct I/O; asked for where the kernel does not tell.
    private const int SafeAlignment = 4096;

    // linux/major.h: MEM_MAJOR, and drivers/char/mem.c: null, zero, full. They take any offset.
    private const uint MemoryDevices = 1;

    internal int Type => Status.stx_mode & Libc.S_IFMT;

    internal bool IsRegular => Type == Libc.S_IFREG;

    internal bool IsBlockDevice => Type == Libc.S_IFBLK;

    /// <summary>What names the file itself, however it was opened.</summary>
    internal (uint Major, uint Minor, ulong Number) Identity => (Status.stx_dev_major, Status.stx_dev_minor, Status.stx_ino);

    internal bool IsDirect => (Flags & Fcntl.O_DIRECT) != 0;

    internal bool IsReadable => (Flags & Fcntl.O_ACCMODE) != Fcntl.O_WRONLY;

    internal bool IsWritable => (Flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;

    /// <summary>Whether both describe one file opened the same way: then explicit offsets make them the same to us.</summary>
    internal bool IsSameAs(in FileFacts other) => Identity == other.Identity && Flags == other.Flags;

    /// <summary>Asks the kernel; false with the error number.</summary>
    internal static unsafe bool TryRead(int descriptor, out FileFacts facts, out int error)
    {
        facts = default;
        statx status;
        if (Libc.statx(descriptor, "", Fcntl.AT_EMPTY_PATH, statx.STATX_BASIC_STATS | statx.STATX_DIOALIGN, &status) < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return false;
        }

        var flags = Fcntl.fcntl(descriptor, Fcntl.F_GETFL, 0);
        ulong size = 0;
        if (flags < 0 || ((status.stx_mode & Libc.S_IFMT) == Libc.S_IFBLK && Libc.ioctl(descriptor, Libc.BLKGETSIZE64, &size) < 0))
        {
            error = Marshal.GetLastPInvokeError();
            return false;
        }

        error = 0;
        facts = new FileFacts(status, flags, (long)size, 1, 1);
        if (facts.IsDirect)
        {
            facts = facts with { MemoryAlignment = Alignment(descriptor, facts, status.stx_dio_mem_align), OffsetAlignment = Alignment(descriptor, facts, status.stx_dio_offset_align) };
        }

        return true;
    }

    /// <summary>Why transfers cannot use the file; null when they can.</summary>
    internal string? Unfitness() => Type switch
    {
        _ when (Flags & Fcntl.O_PATH) != 0 => "was opened with O_PATH, which names a file without opening it",
        Libc.S_IFREG => null,
        Libc.S_IFBLK => (Flags & Fcntl.O_NONBLOCK) != 0 ? "is a device opened with O_NONBLOCK, which makes reads and writes fail instead of wait" : null,
        Libc.S_IFCHR when Status is { stx_rdev_major: MemoryDevices, stx_rdev_minor: 3 or 5 or 7 } => null,
        Libc.S_IFDIR => "is a directory",
        Libc.S_IFSOCK => "is a socket",
        Libc.S_IFIFO => "is a pipe",
        Libc.S_IFCHR => "is a character device",
        _ => "is no file",
    };

    private static unsafe int Alignment(int descriptor, in FileFacts facts, uint told)
    {
        if ((facts.Status.stx_mask & statx.STATX_DIOALIGN) != 0 && told > 0)
        {
            return (int)told;
        }

        int logical;
        return facts.IsBlockDevice && Libc.ioctl(descriptor, Libc.BLKSSZGET, &logical) == 0 ? logical : SafeAlignment;
    }
}
