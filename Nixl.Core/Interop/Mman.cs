using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nixl.Interop;

/// <summary>The C library's <c>sys/mman.h</c>: mappings, advice on them, and anonymous files. Names and numbers are the header's own.</summary>
/// <remarks>The numbers hold for Linux on x64 and arm64; a test compiles them against the installed headers. Failed calls leave errno in
/// <see cref="Marshal.GetLastPInvokeError"/>.</remarks>
internal static unsafe partial class Mman
{
    /// <summary>Pages cannot be accessed.</summary>
    internal const int PROT_NONE = 0;

    /// <summary>Pages can be read.</summary>
    internal const int PROT_READ = 1;

    /// <summary>Pages can be written.</summary>
    internal const int PROT_WRITE = 2;

    /// <summary>Writes reach the mapped object and everyone who maps it.</summary>
    internal const int MAP_SHARED = 0x1;

    /// <summary>Writes stay private to the process.</summary>
    internal const int MAP_PRIVATE = 0x2;

    /// <summary>The address is an order, not a hint; what was mapped there is replaced.</summary>
    internal const int MAP_FIXED = 0x10;

    /// <summary>No file is behind the mapping.</summary>
    internal const int MAP_ANONYMOUS = 0x20;

    /// <summary>No swap space is set aside.</summary>
    internal const int MAP_NORESERVE = 0x4000;

    /// <summary>Children do not inherit the range.</summary>
    internal const int MADV_DONTFORK = 10;

    /// <summary>The range may be backed by transparent huge pages.</summary>
    internal const int MADV_HUGEPAGE = 14;

    /// <summary>Core dumps leave the range out.</summary>
    internal const int MADV_DONTDUMP = 16;

    /// <summary>Allocates and maps every page writable, reporting a failure as errno (Linux 5.14).</summary>
    internal const int MADV_POPULATE_WRITE = 23;

    /// <summary>Replaces small pages by huge ones at once, whatever the system-wide setting (Linux 6.1).</summary>
    internal const int MADV_COLLAPSE = 25;

    /// <summary>The descriptor is closed by exec.</summary>
    internal const uint MFD_CLOEXEC = 0x1;

    /// <summary>Seals can be added.</summary>
    internal const uint MFD_ALLOW_SEALING = 0x2;

    /// <summary>The file can never be made executable; implies <see cref="MFD_ALLOW_SEALING"/> (Linux 6.3).</summary>
    internal const uint MFD_NOEXEC_SEAL = 0x8;

    /// <summary>What <c>mmap</c> returns on failure.</summary>
    internal const nint MAP_FAILED = -1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint addr, nuint length, int prot, int flags, SafeFileHandle fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint addr, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int madvise(nint addr, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);
}
