using System.Runtime.InteropServices;

namespace Nixl.Bench.Interop;

/// <summary>Functions of <c>sched.h</c>.</summary>
internal static unsafe partial class Sched
{
    /// <summary>Bytes of a mask of 1,024 processors, glibc's <c>cpu_set_t</c>.</summary>
    internal const int MaskBytes = 128;

    // pid 0 is the calling thread.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_getaffinity(int pid, nuint size, byte* mask);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_setaffinity(int pid, nuint size, byte* mask);
}
