namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>Constants of the C library's and the kernel's headers, for Linux on x64 and arm64; a test compiles them against the installed headers.</summary>
internal static class LibcConstants
{
    // sys/socket.h
    internal const int AF_UNIX = 1;
    internal const int SOCK_SEQPACKET = 5;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_PEERCRED = 17;
    internal const int SO_PEERPIDFD = 77; // Linux 6.5
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int MSG_CTRUNC = 0x8;
    internal const int MSG_TRUNC = 0x20;

    // poll.h
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;

    // sys/mman.h
    internal const int PROT_NONE = 0;
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;
    internal const int MAP_PRIVATE = 2;
    internal const int MAP_FIXED = 0x10;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_NORESERVE = 0x4000;
    internal const int MADV_DONTFORK = 10;
    internal const int MADV_DONTDUMP = 16;
    internal const int MADV_POPULATE_READ = 22; // Linux 5.14
    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;
    internal const uint MFD_NOEXEC_SEAL = 8; // Linux 6.3

    // fcntl.h
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_GET_SEALS = 1034;
    internal const int F_GETFL = 3;
    internal const int O_NONBLOCK = 0x800;
    internal const int F_SEAL_SEAL = 1;
    internal const int F_SEAL_SHRINK = 2;
    internal const int F_SEAL_GROW = 4;
    internal const int F_SEAL_WRITE = 8;
    internal const int F_SEAL_FUTURE_WRITE = 0x10; // Linux 5.1

    // sys/stat.h
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const int S_IFMT = 0xF000;
    internal const int S_IFDIR = 0x4000;
    internal const int S_IFSOCK = 0xC000;

    // linux/magic.h
    internal const uint HUGETLBFS_MAGIC = 0x958458f6;

    // sys/eventfd.h
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;

    // linux/futex.h
    internal const int FUTEX_OWNER_DIED = 0x40000000;

    // linux/prctl.h
    internal const int PR_SET_PTRACER = 0x59616d61;
}
