using System.Diagnostics;

namespace Nixl.Bench.Transfers.Measuring;

/// <summary>Measures what this process uses from its creation on.</summary>
internal readonly struct ProcessMeter
{
    private readonly long _start;
    private readonly TimeSpan _cpu;
    private readonly long _allocated;
    private readonly (int Zero, int One, int Two) _collections;

    private ProcessMeter(bool _)
    {
        _collections = Collections();
        _allocated = GC.GetTotalAllocatedBytes(precise: true);
        _cpu = Environment.CpuUsage.TotalTime;
        _start = Stopwatch.GetTimestamp();
    }

    internal static ProcessMeter Start() => new(true);

    internal ProcessUse Stop()
    {
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        var cpu = (Environment.CpuUsage.TotalTime - _cpu).TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        var (zero, one, two) = Collections();
        return new ProcessUse(seconds, cpu, allocated, [zero - _collections.Zero, one - _collections.One, two - _collections.Two]);
    }

    private static (int Zero, int One, int Two) Collections() => (GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2));
}
