using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Collects the segments of a transfer. What merging saves is not allocated first: the array grows by what the pairs so far needed.</summary>
internal struct SegmentWriter(int pairs, bool merges)
{
    private const int FirstCapacity = 64;

    private TransferSegment[] _segments = GC.AllocateUninitializedArray<TransferSegment>(Math.Min(pairs, FirstCapacity));
    private int[]? _firsts;
    private int _count;

    /// <summary>The segments.</summary>
    internal readonly ReadOnlyMemory<TransferSegment> Segments
        => _count < _segments.Length / 2 ? _segments.AsSpan(0, _count).ToArray() : _segments.AsMemory(0, _count);

    /// <summary>The first pair of each segment; null where nothing was merged.</summary>
    internal readonly int[]? Firsts => _firsts is null ? null : _firsts.Length == _count ? _firsts : _firsts.AsSpan(0, _count).ToArray();

    /// <summary>Adds one segment, or extends the last one when it follows it on both sides within the same regions.</summary>
    internal void Add(in TransferSegment segment, int pair, int pairsOfIt)
    {
        if (merges && _count > 0 && TryMerge(ref _segments[_count - 1], segment))
        {
            RecordMerge();
            return;
        }

        if (_count == _segments.Length)
        {
            Grow(pair);
        }

        _segments[_count] = segment;
        if (_firsts is not null)
        {
            _firsts[_count] = pair;
        }

        _count++;
        if (pairsOfIt > 1)
        {
            RecordMerge();
        }
    }

    /// <summary>Adds segments at equal distances that do not follow one another closely.</summary>
    internal void AddStretch(TransferSegment segment, ulong localStep, ulong remoteStep, int pair, int count)
    {
        Add(segment, pair, 1);
        for (var done = 1; done < count;)
        {
            if (_count == _segments.Length)
            {
                Grow(pair + done);
            }

            var part = Math.Min(count - done, _segments.Length - _count);
            foreach (ref var target in _segments.AsSpan(_count, part))
            {
                segment = segment with { LocalAddress = segment.LocalAddress + localStep, RemoteAddress = segment.RemoteAddress + remoteStep };
                target = segment;
            }

            for (var i = 0; _firsts is not null && i < part; i++)
            {
                _firsts[_count + i] = pair + done + i;
            }

            _count += part;
            done += part;
        }
    }

    /// <summary>Extends <paramref name="last"/> when <paramref name="next"/> follows it. Ends cannot overflow: both lie inside registered regions.</summary>
    private static bool TryMerge(ref TransferSegment last, in TransferSegment next)
    {
        if (last.LocalMemory != next.LocalMemory || last.RemoteMemory != next.RemoteMemory
            || last.LocalAddress + last.Length != next.LocalAddress || last.RemoteAddress + last.Length != next.RemoteAddress)
        {
            return false;
        }

        last = last with { Length = last.Length + next.Length };
        return true;
    }

    /// <summary>From the first merge on segments and pairs are counted differently.</summary>
    private void RecordMerge()
    {
        if (_firsts is null)
        {
            _firsts = GC.AllocateUninitializedArray<int>(_segments.Length);
            for (var i = 0; i < _count; i++)
            {
                _firsts[i] = i;
            }
        }
    }

    /// <summary>Makes room for what the rest will need if it is like the pairs before <paramref name="pair"/>.</summary>
    private void Grow(int pair)
    {
        var expected = (long)_count * pairs / Math.Max(1, pair);
        var capacity = (int)Math.Min(pairs, Math.Max(2L * _segments.Length, expected + (expected / 8)));
        var larger = GC.AllocateUninitializedArray<TransferSegment>(capacity);
        _segments.AsSpan(0, _count).CopyTo(larger);
        _segments = larger;
        if (_firsts is not null)
        {
            Array.Resize(ref _firsts, capacity);
        }
    }
}
