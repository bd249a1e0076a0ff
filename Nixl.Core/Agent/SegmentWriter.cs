using System.Buffers;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Collects the segments of a transfer. What merging saves is not allocated first: the array grows by what the pairs so far needed.</summary>
internal struct SegmentWriter(int pairs)
{
    private const int FirstCapacity = 64;

    private TransferSegment[] _segments = new TransferSegment[Math.Min(pairs, FirstCapacity)];
    private bool _isRented;
    private int[]? _firsts;
    private int _count;

    /// <summary>Ends the collecting.</summary>
    /// <param name="rented">The array behind the segments, to be returned to the pool when nobody reads them any more; null where there is none.</param>
    internal ReadOnlyMemory<TransferSegment> Finish(out TransferSegment[]? rented)
    {
        if (_isRented && _count <= FirstCapacity)
        {
            var few = _segments.AsSpan(0, _count).ToArray();
            ArrayPool<TransferSegment>.Shared.Return(_segments);
            (_segments, _isRented) = (few, false);
        }

        rented = _isRented ? _segments : null;
        return _segments.AsMemory(0, _count);
    }

    /// <summary>The first pair of each segment; null where nothing was merged.</summary>
    internal readonly int[]? Firsts => _firsts is null ? null : _firsts.Length == _count ? _firsts : _firsts.AsSpan(0, _count).ToArray();

    /// <summary>Where the next segments go, at least one; <paramref name="pair"/> is the first that they stand for.</summary>
    internal Span<TransferSegment> Reserve(int pair)
    {
        if (_count == _segments.Length)
        {
            Grow(pair);
        }

        return _segments.AsSpan(_count);
    }

    /// <summary>Takes over what was written where <see cref="Reserve"/> said: one segment for each pair from <paramref name="pair"/> on.</summary>
    internal void Commit(int pair, int added)
    {
        if (_firsts is not null)
        {
            for (var i = 0; i < added; i++)
            {
                _firsts[_count + i] = pair + i;
            }
        }

        _count += added;
    }

    /// <summary>Makes the last segment longer, by one pair or more.</summary>
    internal void Extend(ulong bytes)
    {
        RecordMerge();
        ref var last = ref _segments[_count - 1];
        last = last with { Length = last.Length + bytes };
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

        // From the pool: fresh arrays of this size would be a full collection every few transfers, and a page fault for every 128 segments.
        var larger = ArrayPool<TransferSegment>.Shared.Rent(capacity);
        _segments.AsSpan(0, _count).CopyTo(larger);
        if (_isRented)
        {
            ArrayPool<TransferSegment>.Shared.Return(_segments);
        }

        (_segments, _isRented) = (larger, true);
        if (_firsts is not null)
        {
            Array.Resize(ref _firsts, larger.Length);
        }
    }
}
