using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary>The C library's <c>fcntl.h</c>. The numbers that differ between x64 and arm64 are properties.</summary>
/// <remarks><c>fcntl</c> and <c>open</c> take variable arguments in C. On Linux x64 and arm64 an integer is passed there as it is to any other function.</remarks>
internal static unsafe partial class Fcntl
{
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_ACCMODE = 3;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_NOATIME = 0x40000;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_SYNC = 0x101000;
    internal const int O_PATH = 0x200000;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;

    /// <summary><c>O_DIRECT</c>.</summary>
    internal static int O_DIRECT => IsArm ? 0x10000 : 0x4000;

    /// <summary><c>O_DIRECTORY</c>.</summary>
    internal static int O_DIRECTORY => IsArm ? 0x4000 : 0x10000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [LibraryImport(Libc.Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport(Libc.Library, SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);
}
