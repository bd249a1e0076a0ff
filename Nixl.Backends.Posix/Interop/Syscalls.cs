namespace Nixl.Backends.Posix.Interop;

/// <summary>Numbers of system calls that are the same on x64 and arm64, because they are newer than the common table; and those of Linux AIO, which are not.</summary>
internal static class Syscalls
{
    internal const nint io_uring_setup = 425;
    internal const nint io_uring_enter = 426;
    internal const nint io_uring_register = 427;
    internal const nint openat2 = 437;

    /// <summary><c>SYS_io_setup</c>.</summary>
    internal static nint io_setup => IsArm ? 0 : 206;

    /// <summary><c>SYS_io_destroy</c>.</summary>
    internal static nint io_destroy => IsArm ? 1 : 207;

    /// <summary><c>SYS_io_submit</c>.</summary>
    internal static nint io_submit => IsArm ? 2 : 209;

    /// <summary><c>SYS_io_cancel</c>.</summary>
    internal static nint io_cancel => IsArm ? 3 : 210;

    /// <summary><c>SYS_io_getevents</c>.</summary>
    internal static nint io_getevents => IsArm ? 4 : 208;

    private static bool IsArm => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64;
}
