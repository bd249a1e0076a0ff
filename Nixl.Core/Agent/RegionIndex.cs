namespace Nixl.Agent;

/// <summary>An immutable index of ranges: finds one in use that contains a descriptor by binary search, also where ranges overlap.</summary>
/// <remarks>Sorted by device, address, length: the order of a metadata section. Beside each range stands the greatest end of all ranges of its device up to it,
/// so that looking back for a longer, earlier range stops as soon as none can reach far enough. Readers need no lock.</remarks>
internal sealed class RegionIndex<TRegion>
    where TRegion : RegionEntry
{
    internal static readonly RegionIndex<TRegion> Empty = new([]);

    private readonly TRegion[] _regions;
    private readonly ulong[] _greatestEnd;

    private RegionIndex(TRegion[] sorted)
    {
        _regions = sorted;
        _greatestEnd = new ulong[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            var range = sorted[i].Range;
            var end = range.Address + range.Length; // cannot overflow: registration and metadata loading checked it
            _greatestEnd[i] = i > 0 && sorted[i - 1].Range.DeviceId == range.DeviceId ? Math.Max(end, _greatestEnd[i - 1]) : end;
        }
    }

    internal int Count => _regions.Length;

    internal ReadOnlySpan<TRegion> Regions => _regions;

    /// <summary>The index of a region that contains <paramref name="range"/>, or -1. <paramref name="hint"/> is tried first: neighbours usually share a region.</summary>
    internal int Find(in MemoryDescriptor range, int hint = -1)
    {
        if ((uint)hint < (uint)_regions.Length && !_regions[hint].IsRetired && _regions[hint].Range.Contains(range))
        {
            return hint;
        }

        if (!range.IsValid)
        {
            return -1;
        }

        var end = range.Address + range.Length;
        for (var i = LastAtOrBefore(range); i >= 0 && _regions[i].Range.DeviceId == range.DeviceId && _greatestEnd[i] >= end; i--)
        {
            if (!_regions[i].IsRetired && _regions[i].Range.Contains(range))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The index of a region with exactly this range, or -1.</summary>
    internal int FindExact(in MemoryDescriptor range)
    {
        var low = 0;
        var high = _regions.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _regions[middle].Range.CompareTo(range);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    /// <summary>An index that holds <paramref name="added"/>, too.</summary>
    internal RegionIndex<TRegion> With(IReadOnlyCollection<TRegion> added)
    {
        var incoming = added.ToArray();
        Array.Sort(incoming, static (left, right) => left.Range.CompareTo(right.Range));
        var merged = new TRegion[_regions.Length + incoming.Length];
        for (int i = 0, old = 0, next = 0; i < merged.Length; i++)
        {
            var takeOld = next == incoming.Length || (old < _regions.Length && _regions[old].Range.CompareTo(incoming[next].Range) <= 0);
            merged[i] = takeOld ? _regions[old++] : incoming[next++];
        }

        return new RegionIndex<TRegion>(merged);
    }

    /// <summary>An index without the retired regions.</summary>
    internal RegionIndex<TRegion> WithoutRetired() => new(Array.FindAll(_regions, static region => !region.IsRetired));

    private int LastAtOrBefore(in MemoryDescriptor range)
    {
        var low = 0;
        var high = _regions.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var candidate = _regions[middle].Range;
            var isAfter = candidate.DeviceId > range.DeviceId || (candidate.DeviceId == range.DeviceId && candidate.Address > range.Address);
            (low, high) = isAfter ? (low, middle - 1) : (middle + 1, high);
        }

        return high;
    }
}
