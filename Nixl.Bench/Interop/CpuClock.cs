using System.Runtime.InteropServices;

namespace Nixl.Bench.Interop;

/// <summary>The processor time of a whole process, its own or another's, threads that have ended included: <c>clock_gettime</c> with the clock of a process.</summary>
internal static unsafe partial class CpuClock
{
    // What glibc's clock_getcpuclockid makes of a process id: its complement, shifted, and CPUCLOCK_SCHED.
    private const int Shift = 3;
    private const int Scheduler = 2;

    /// <summary>Reads it.</summary>
    /// <exception cref="BenchmarkException">There is no such process.</exception>
    internal static TimeSpan Read(int processId)
    {
        var time = stackalloc long[2];
        return clock_gettime((~processId << Shift) | Scheduler, time) == 0
            ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / TimeSpan.NanosecondsPerTick)
            : throw new BenchmarkException($"The processor time of process {processId} cannot be read: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);
}
