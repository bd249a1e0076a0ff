using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>One side as the builder reads it: descriptors, their regions, and the indices chosen from them (empty: all, in order).</summary>
internal readonly ref struct SegmentSide(SideList list, ResolvedSide side, ReadOnlySpan<int> indices)
{
    internal readonly SideList List = list;
    internal readonly ResolvedSide Side = side;
    internal readonly ReadOnlySpan<int> Indices = indices;

    internal int Count => Indices.IsEmpty ? List.Count : Indices.Length;

    internal int At(int position) => Indices.IsEmpty ? position : Indices[position];

    internal ListReader ReadList() => new(List.Items, Side.RegionOf, Indices);

    internal RunReader ReadRuns() => new(Side.Runs, List.Count, Indices);
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

    internal ReadOnlyMemory<TransferSegment> Segments { get; private set; }

    /// <summary>The first descriptor of each segment; null where nothing was merged.</summary>
    internal int[]? FirstDescriptors { get; private set; }

    internal long TotalBytes { get; private set; }

    internal readonly List<RegionEntry> LocalRegions => _localRegions.Used;

    internal readonly List<RegionEntry> RemoteRegions => _remoteRegions.Used;

    /// <summary>Builds the segments; on failure says which pair is wrong and how.</summary>
    internal bool TryBuild(out int wrong, out string problem) => (_local.Side.Runs is null, _remote.Side.Runs is null) switch
    {
        (true, true) => TryBuild(_local.ReadList(), _remote.ReadList(), out wrong, out problem),
        (true, false) => TryBuild(_local.ReadList(), _remote.ReadRuns(), out wrong, out problem),
        (false, true) => TryBuild(_local.ReadRuns(), _remote.ReadList(), out wrong, out problem),
        (false, false) => TryBuild(_local.ReadRuns(), _remote.ReadRuns(), out wrong, out problem),
    };

    private bool TryBuild<TLocal, TRemote>(TLocal locals, TRemote remotes, out int wrong, out string problem)
        where TLocal : struct, ISideReader, allows ref struct
        where TRemote : struct, ISideReader, allows ref struct
    {
        var pairs = _local.Count;
        var writer = new SegmentWriter(pairs, _merge);
        var total = 0UL;
        for (var i = 0; i < pairs;)
        {
            var stretch = Math.Min(locals.Stretch(i), remotes.Stretch(i));
            wrong = i;
            if (!locals.TryRead(i, out var local) || !remotes.TryRead(i, out var remote))
            {
                var l = _local.At(i);
                problem = $"index {((uint)l >= (uint)_local.List.Count ? l : _remote.At(i))} lies outside the prepared list";
                return false;
            }

            if (local.Length != remote.Length)
            {
                problem = $"the local descriptor has {local.Length} bytes, the remote one {remote.Length}";
                return false;
            }

            if (local.Length > 0 && (ulong)stretch > (long.MaxValue - total) / local.Length)
            {
                wrong += (int)((long.MaxValue - total) / local.Length);
                problem = "the transfer moves more than 2^63 bytes";
                return false;
            }

            var bytes = local.Length * (ulong)stretch;
            total += bytes;
            var segment = new TransferSegment(
                local.Address, remote.Address, local.Length, _localRegions.NumberOf(local.Region), _remoteRegions.NumberOf(remote.Region));
            if (stretch == 1)
            {
                writer.Add(segment, i, 1);
            }
            else if (_merge && local.Step == local.Length && remote.Step == remote.Length)
            {
                writer.Add(segment with { Length = bytes }, i, stretch);
            }
            else
            {
                writer.AddStretch(segment, local.Step, remote.Step, i, stretch);
            }

            i += stretch;
        }

        TotalBytes = (long)total;
        Segments = writer.Segments;
        FirstDescriptors = writer.Firsts;
        (wrong, problem) = (-1, "");
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

    internal int NumberOf(int region)
    {
        ref var number = ref _numbers[region];
        if (number == 0)
        {
            Used.Add(_side.Regions[region]);
            number = Used.Count;
        }

        return number - 1;
    }
}
