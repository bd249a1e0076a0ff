namespace Nixl.Bench.Transfers.Measuring;

/// <summary>Times of one kind, noted without allocating. Of more than <see cref="KeptMax"/> every second one is kept, then every fourth, and so on; how many there were, their sum and
/// the extremes stay exact.</summary>
internal sealed class Samples
{
    /// <summary>The most that are kept: 8 MiB, and a percentile of them is one of all to a thousandth of a percent.</summary>
    internal const int KeptMax = 1 << 20;

    private readonly long[] _kept;
    private int _keptCount;
    private int _stride;
    private int _untilNext;

    /// <param name="capacity">How many are expected at most.</param>
    internal Samples(int capacity)
    {
        _kept = new long[Math.Clamp(capacity, 2, KeptMax)];
        Clear();
    }

    /// <summary>How many there were.</summary>
    internal long Count { get; private set; }

    /// <summary>All of them together.</summary>
    internal long Sum { get; private set; }

    internal long Min { get; private set; }

    internal long Max { get; private set; }

    /// <summary>Those that were kept, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    internal ReadOnlySpan<long> Kept => _kept.AsSpan(0, _keptCount);

    /// <summary>Notes a time.</summary>
    internal void Add(long ticks)
    {
        Count++;
        Sum += ticks;
        Min = Math.Min(Min, ticks);
        Max = Math.Max(Max, ticks);
        if (--_untilNext > 0)
        {
            return;
        }

        if (_keptCount == _kept.Length)
        {
            Halve();
        }

        _kept[_keptCount++] = ticks;
        _untilNext = _stride;
    }

    internal void Clear()
    {
        (_keptCount, _stride, _untilNext) = (0, 1, 0);
        (Count, Sum, Min, Max) = (0, 0, long.MaxValue, 0);
    }

    private void Halve()
    {
        _keptCount = (_kept.Length + 1) / 2;
        for (var i = 0; i < _keptCount; i++)
        {
            _kept[i] = _kept[2 * i];
        }

        _stride *= 2;
    }
}
