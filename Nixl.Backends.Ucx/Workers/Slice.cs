using System.Diagnostics;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>The time that one call of a verb may take before it leaves the rest to the next.</summary>
internal readonly struct Slice
{
    // The contract's bound for Progress and PostXfer.
    private const long Microseconds = 100;
    private static readonly long Length = Stopwatch.Frequency * Microseconds / 1_000_000;

    private readonly long _end;

    private Slice(long end) => _end = end;

    /// <summary>Whether the time is used up.</summary>
    internal bool IsOver => Stopwatch.GetTimestamp() >= _end;

    /// <summary>A slice that begins now.</summary>
    internal static Slice Begin() => new(Stopwatch.GetTimestamp() + Length);
}
