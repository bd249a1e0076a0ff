using System.Runtime.InteropServices;
using Nixl.Interop;

namespace Nixl;

/// <summary>The exceptions of an allocation that did not succeed.</summary>
internal static class AllocationFailure
{
    /// <summary>The operation that every exception names.</summary>
    internal const string Operation = "AllocateMemory";

    /// <summary>An argument is out of the question.</summary>
    internal static NixlException Invalid(string detail, string? hint = null)
        => new(NixlStatus.InvalidParam, Operation, detail) { Hint = hint };

    /// <summary>This machine cannot hold such memory at all.</summary>
    internal static NixlException Unsupported(string detail, string hint)
        => new(NixlStatus.NotSupported, Operation, detail) { Hint = hint };

    /// <summary>The machine or a limit has less memory than was asked for.</summary>
    internal static NixlException TooLarge(long length, MemoryHeadroom headroom)
        => new(NixlStatus.BackendError, Operation, $"{length} bytes were asked for, but {headroom.Bytes} are available according to {headroom.Source}.")
        {
            Hint = "Ask for less, raise the limit, or allocate with Populate = false and touch no more than there is.",
        };

    /// <summary>A call into the C library failed with <paramref name="errno"/>.</summary>
    internal static NixlException Native(string call, int errno, long length)
        => new(NixlStatus.BackendError, Operation, $"{call} failed for {length} bytes.")
        {
            NativeCode = errno,
            NativeMessage = Marshal.GetPInvokeErrorMessage(errno),
            Hint = HintFor(errno),
        };

    private static string? HintFor(int errno) => errno switch
    {
        Errno.ENOMEM or Errno.ENOSPC or Errno.EAGAIN
            => "Ask for less, or look at the memory limit of the cgroup, RLIMIT_AS (ulimit -v), vm.overcommit_memory and vm.max_map_count.",
        Errno.EMFILE or Errno.ENFILE => "Raise the limit of open descriptors (ulimit -n, fs.file-max).",
        Errno.ENOSYS or Errno.EPERM or Errno.EACCES => "The kernel or a seccomp profile refuses the call; allow it for this process.",
        _ => null,
    };
}
