using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The kernel's Yama module, which on many distributions lets only parents look into a process.</summary>
internal static class Yama
{
    private const string ScopePath = "/proc/sys/kernel/yama/ptrace_scope";

    // A process that others than one peer may look into names "any".
    private static readonly nuint AnyProcess = nuint.MaxValue;

    private static int _named;

    /// <summary>Whether a process must name who may look into it: scope 1.</summary>
    internal static bool RestrictsTracing { get; } = ReadScope() == "1";

    /// <summary>Names a peer. The kernel keeps one name per process: with a second peer it becomes every process of the user, as without Yama.</summary>
    internal static void Allow(int process)
    {
        if (RestrictsTracing)
        {
            var before = Interlocked.CompareExchange(ref _named, process, 0);
            _ = Libc.prctl(LibcConstants.PR_SET_PTRACER, before == 0 || before == process ? (nuint)process : AnyProcess, 0, 0, 0);
        }
    }

    private static string ReadScope()
    {
        try
        {
            return File.ReadAllText(ScopePath).Trim();
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
