using System.Diagnostics;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>The moment at which several waits together must end.</summary>
internal readonly struct Deadline
{
    private readonly long _start;
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit) => (_start, _limit) = (Stopwatch.GetTimestamp(), limit);

    /// <summary>What is left; zero when it is over.</summary>
    internal TimeSpan Left
    {
        get
        {
            var left = _limit - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>A deadline that begins now.</summary>
    internal static Deadline After(TimeSpan limit) => new(limit);
}
