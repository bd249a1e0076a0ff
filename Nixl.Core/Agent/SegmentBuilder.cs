using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>One side as the builder reads it: descriptors, their regions, and the indices chosen from them (empty: all, in order).</summary>
internal readonly ref struct SegmentSide(ReadOnlySpan<MemoryDescriptor> descriptors, ResolvedSide side, ReadOnlySpan<int> indices)
{
    internal readonly ReadOnlySpan<MemoryDescriptor> Descriptors = descriptors;
    internal readonly ResolvedSide Side = side;
    internal readonly ReadOnlySpan<int> Indices = indices;

    internal int Count => Indices.IsEmpty ? Descriptors.Length : Indices.Length;

    internal int At(int position) => Indices.IsEmpty ? position : Indices[position];
}

/// <summary>Pairs the two sides, checks lengths and indices, merges contiguous neighbours, and numbers the regions that are really used. Pure.</summary>
internal ref struct SegmentBuilder
{
    private readonly SegmentSide _local;
    private readonly SegmentSide _remote;
    private readonly bool _merge;
    private readonly RegionNumbers _localRegions;
    private readonly RegionNumbers _remoteRegions;

    internal SegmentBuilder(SegmentSide local, SegmentSide remote, bool merge)
    {
        _local = local;
        _remote = remote;
        _merge = merge;
        _localRegions = new RegionNumbers(local.Side);
        _remoteRegions = new RegionNumbers(remote.Side);
    }

    internal TransferSegment[] Segments { get; private set; } = [];

    /// <summary>The first descriptor of each segment; null where nothing was merged.</summary>
    internal int[]? FirstDescriptors { get; private set; }

    internal long TotalBytes { get; private set; }

    internal readonly List<RegionEntry> LocalRegions => _localRegions.Used;

    internal readonly List<RegionEntry> RemoteRegions => _remoteRegions.Used;

    /// <summary>Builds the segments; on failure says which pair is wrong and how.</summary>
    internal bool TryBuild(out int wrong, out string problem)
    {
        var segments = new TransferSegment[_local.Count];
        var firsts = _merge ? new int[_local.Count] : null;
        var count = 0;
        var total = 0UL;
        for (var i = 0; i < segments.Length; i++)
        {
            wrong = i;
            int l = _local.At(i), r = _remote.At(i);
            if ((uint)l >= (uint)_local.Descriptors.Length || (uint)r >= (uint)_remote.Descriptors.Length)
            {
                problem = $"index {((uint)l >= (uint)_local.Descriptors.Length ? l : r)} lies outside the prepared list";
                return false;
            }

            ref readonly var local = ref _local.Descriptors[l];
            ref readonly var remote = ref _remote.Descriptors[r];
            if (local.Length != remote.Length)
            {
                problem = $"the local descriptor has {local.Length} bytes, the remote one {remote.Length}";
                return false;
            }

            total += local.Length;
            if (local.Length > long.MaxValue || total > long.MaxValue)
            {
                problem = "the transfer moves more than 2^63 bytes";
                return false;
            }

            var segment = new TransferSegment(local.Address, remote.Address, local.Length, _localRegions.NumberOf(l), _remoteRegions.NumberOf(r));
            if (_merge && count > 0 && TryMerge(ref segments[count - 1], segment))
            {
                continue;
            }

            segments[count] = segment;
            if (firsts is not null)
            {
                firsts[count] = i;
            }

            count++;
        }

        Publish(segments, firsts, count, (long)total);
        (wrong, problem) = (-1, "");
        return true;
    }

    private void Publish(TransferSegment[] segments, int[]? firsts, int count, long total)
    {
        TotalBytes = total;
        if (count == segments.Length)
        {
            Segments = segments;
            return;
        }

        Segments = segments.AsSpan(0, count).ToArray();
        FirstDescriptors = firsts.AsSpan(0, count).ToArray();
    }

    /// <summary>Extends <paramref name="last"/> when <paramref name="next"/> follows it on both sides within the same regions. Ends cannot overflow: both lie
    /// inside registered regions.</summary>
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
}

/// <summary>Numbers the regions of one side in the order of their first use.</summary>
internal readonly struct RegionNumbers
{
    private readonly ResolvedSide _side;
    private readonly int[] _numbers; // 1-based; 0 = not used yet

    internal RegionNumbers(ResolvedSide side)
    {
        _side = side;
        _numbers = new int[side.Regions.Length];
        Used = [];
    }

    internal List<RegionEntry> Used { get; }

    internal int NumberOf(int descriptor)
    {
        var region = _side.RegionOf is null ? 0 : _side.RegionOf[descriptor];
        if (_numbers[region] == 0)
        {
            Used.Add(_side.Regions[region]);
            _numbers[region] = Used.Count;
        }

        return _numbers[region] - 1;
    }
}
