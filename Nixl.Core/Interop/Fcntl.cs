using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nixl.Interop;

/// <summary>The C library's <c>fcntl.h</c>: seals and space of a file. Names and numbers are the header's own.</summary>
/// <remarks><c>fcntl</c> takes a variable argument list in C. On Linux x64 and arm64 an integer is passed there as it is to any other function.</remarks>
internal static partial class Fcntl
{
    /// <summary>Adds seals; they can never be taken off.</summary>
    internal const int F_ADD_SEALS = 1033;

    /// <summary>Reads the seals.</summary>
    internal const int F_GET_SEALS = 1034;

    /// <summary>No further seal can be added.</summary>
    internal const int F_SEAL_SEAL = 0x1;

    /// <summary>The file cannot become shorter.</summary>
    internal const int F_SEAL_SHRINK = 0x2;

    /// <summary>The file cannot become longer.</summary>
    internal const int F_SEAL_GROW = 0x4;

    /// <summary>The file can no longer be written, but through mappings that exist (Linux 5.1).</summary>
    internal const int F_SEAL_FUTURE_WRITE = 0x10;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(SafeFileHandle fd, int cmd, int arg);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fallocate(SafeFileHandle fd, int mode, long offset, long len);
}
