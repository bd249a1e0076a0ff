using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary>The system calls of Linux AIO (<c>linux/aio_abi.h</c>). A context is a number of the kernel's, 0 for none.</summary>
internal static unsafe partial class AioAbi
{
    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_setup(nint number, nint events, nuint* context);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_destroy(nint number, nuint context);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_submit(nint number, nuint context, nint count, iocb** blocks);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_cancel(nint number, nuint context, iocb* block, io_event* result);

    [LibraryImport(Libc.Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_getevents(nint number, nuint context, nint minimum, nint count, io_event* events, void* timeout);
}
