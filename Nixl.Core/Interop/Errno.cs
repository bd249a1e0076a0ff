namespace Nixl.Interop;

/// <summary>The numbers of <c>errno.h</c> that the code decides on; Linux on x64 and arm64.</summary>
internal static class Errno
{
    /// <summary>Not permitted; also what a seccomp profile answers.</summary>
    internal const int EPERM = 1;

    /// <summary>A signal arrived first; try again.</summary>
    internal const int EINTR = 4;

    /// <summary>A resource is short for the moment.</summary>
    internal const int EAGAIN = 11;

    /// <summary>No memory, no address space, or no mapping left.</summary>
    internal const int ENOMEM = 12;

    /// <summary>Access is denied.</summary>
    internal const int EACCES = 13;

    /// <summary>An argument, or a flag that this kernel does not know.</summary>
    internal const int EINVAL = 22;

    /// <summary>The machine has no file object left.</summary>
    internal const int ENFILE = 23;

    /// <summary>The process has no descriptor left.</summary>
    internal const int EMFILE = 24;

    /// <summary>No space; shared memory answers it when commit accounting refuses a page.</summary>
    internal const int ENOSPC = 28;

    /// <summary>This kernel has no such call.</summary>
    internal const int ENOSYS = 38;
}
