namespace Nixl.Bench.Transfers.Measuring;

/// <summary>Times of one kind, noted without allocating.</summary>
internal sealed class Samples(int capacity)
{
    private readonly long[] _ticks = new long[capacity];
    private int _count;

    internal ReadOnlySpan<long> Ticks => _ticks.AsSpan(0, _count);

    /// <summary>Notes a time in ticks of <see cref="System.Diagnostics.Stopwatch"/>; beyond the capacity, nothing.</summary>
    internal void Add(long ticks)
    {
        if (_count < _ticks.Length)
        {
            _ticks[_count++] = ticks;
        }
    }

    internal void Clear() => _count = 0;
}
