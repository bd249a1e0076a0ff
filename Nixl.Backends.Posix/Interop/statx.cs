using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct statx</c> of <c>linux/stat.h</c>, as far as it is read.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct statx
{
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_NLINK = 0x4;

    /// <summary>The two alignments of direct I/O are wanted, and in <see cref="stx_mask"/>: given.</summary>
    internal const uint STATX_DIOALIGN = 0x2000;

    internal uint stx_mask;
    internal uint stx_blksize;
    internal ulong stx_attributes;
    internal uint stx_nlink;
    internal uint stx_uid;
    internal uint stx_gid;
    internal ushort stx_mode;
    internal ulong stx_ino;
    internal ulong stx_size;
    internal ulong stx_blocks;
    internal ulong stx_attributes_mask;
    internal statx_timestamp stx_atime;
    internal statx_timestamp stx_btime;
    internal statx_timestamp stx_ctime;
    internal statx_timestamp stx_mtime;
    internal uint stx_rdev_major;
    internal uint stx_rdev_minor;
    internal uint stx_dev_major;
    internal uint stx_dev_minor;
    internal ulong stx_mnt_id;
    internal uint stx_dio_mem_align;
    internal uint stx_dio_offset_align;
}
