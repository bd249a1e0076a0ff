using System.Diagnostics;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Ends a slice after about 100 µs. The clock costs as much as a small copy, so it is read once per so many bytes, and not at all for a small transfer.</summary>
internal ref struct SliceClock(long limitTicks)
{
    /// <summary>How long a slice is.</summary>
    internal static readonly long SliceTicks = Stopwatch.Frequency / 10_000;

    // At the slowest copy seen (1 GB/s into pages that are touched for the first time) about the length of a slice; usually 10 to 20 µs.
    private const ulong CostPerLook = 128 << 10;

    // What a segment costs beside its bytes, in bytes.
    private const ulong CostOfSegment = 128;

    private ulong _cost;
    private long _start;

    /// <summary>Begins now, where the work is long enough that a look at the clock does not matter.</summary>
    internal void Start() => _start = _start == 0 ? Stopwatch.GetTimestamp() : _start;

    /// <summary>Counts what was moved; true when the slice is over.</summary>
    internal bool IsOverAfter(ulong bytes)
    {
        _cost += bytes + CostOfSegment;
        if (_cost < CostPerLook)
        {
            return false;
        }

        _cost = 0;
        return IsOver();
    }

    /// <summary>Whether the slice is over.</summary>
    internal bool IsOver()
    {
        var now = Stopwatch.GetTimestamp();
        if (_start == 0)
        {
            _start = now - (SliceTicks / 8); // the first look comes after one share of the work
        }

        return now - _start >= limitTicks;
    }
}
