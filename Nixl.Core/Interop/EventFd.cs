using System.Runtime.InteropServices;

namespace Nixl.Interop;

/// <summary>The calls of <c>sys/eventfd.h</c>, and reading and writing the descriptor.</summary>
internal static unsafe partial class EventFd
{
    /// <summary><c>EFD_NONBLOCK</c> of Linux on x86-64 and arm64.</summary>
    internal const int NonBlock = 0x800;

    /// <summary><c>EFD_CLOEXEC</c> of Linux on x86-64 and arm64.</summary>
    internal const int CloseOnExec = 0x80000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initialValue, int flags);

    [LibraryImport("libc")]
    internal static partial nint read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc")]
    internal static partial nint write(int descriptor, void* buffer, nuint count);
}
