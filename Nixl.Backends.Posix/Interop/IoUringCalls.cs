using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary>The three system calls of io_uring and the constants of <c>linux/io_uring.h</c> that are used.</summary>
internal static unsafe partial class IoUringCalls
{
    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_uring_setup(nint number, nint entries, io_uring_params* parameters);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_uring_enter(nint number, nint descriptor, nint submit, nint complete, nint flags, void* signals, nint size);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_uring_register(nint number, nint descriptor, nint operation, void* argument, nint count);
}
