using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        _localRegions = new RegionNumbers(local.Side, local.Count);
        _remoteRegions = new RegionNumbers(remote.Side, local.Count);
    }

    internal ReadOnlyMemory<TransferSegment> Segments { get; private set; }

    /// <summary>The array behind <see cref="Segments"/> where it is the pool's, else null.</summary>
    internal TransferSegment[]? RentedSegments { get; private set; }

    /// <summary>The first descriptor of each segment; null where nothing was merged.</summary>
    internal int[]? FirstDescriptors { get; private set; }

    internal long TotalBytes { get; private set; }

    internal readonly List<BackendRegion> LocalRegions => _localRegions.Used;

    internal readonly List<BackendRegion> RemoteRegions => _remoteRegions.Used;

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
        var writer = new SegmentWriter(pairs);
        var tail = SegmentTail.None;
        for (var i = 0; i < pairs;)
        {
            var free = writer.Reserve(i);
            var room = Math.Min(free.Length, pairs - i);
            var added = ScatterOne(locals, remotes, i, free[..room], ref tail);
            added = added >= 0 ? added : Scatter(locals, remotes, i, room, free, ref tail);
            writer.Commit(i, added);
            i += added;
            if (added == free.Length || i == pairs)
            {
                continue;
            }

            do
            {
                added = AddOne(ref locals, ref remotes, i, ref writer, ref tail, out problem);
                if (added <= 0)
                {
                    wrong = i;
                    return false;
                }

                i += added;
            }
            while (i < pairs && IsFirstUse(ref locals, ref remotes, i));
        }

        TotalBytes = (long)tail.Total;
        Segments = writer.Finish(out var rented);
        RentedSegments = rented;
        FirstDescriptors = writer.Firsts;
        (wrong, problem) = (-1, "");
        return true;
    }

    /// <summary>Adds pairs that need nothing but to be written down: at hand on both sides, in memories that have their numbers, not following the one before.
    /// Stops at the first other one.</summary>
    /// <returns>How many were added.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a call lasts as long as the lists are: it must not run as unoptimised code until many have been made
    private readonly int Scatter<TLocal, TRemote>(TLocal locals, TRemote remotes, int first, int count, Span<TransferSegment> free, ref SegmentTail tail)
        where TLocal : struct, ISideReader, allows ref struct
        where TRemote : struct, ISideReader, allows ref struct
    {
        // Unchecked access below: count is no more than the room in free and the indices that are left, where there are any.
        var (hasLocalIndices, hasRemoteIndices) = (!_local.Indices.IsEmpty, !_remote.Indices.IsEmpty);
        ref var localIndices = ref MemoryMarshal.GetReference(hasLocalIndices ? _local.Indices[first..] : default);
        ref var remoteIndices = ref MemoryMarshal.GetReference(hasRemoteIndices ? _remote.Indices[first..] : default);
        ref var target = ref MemoryMarshal.GetReference(free);
        var (merge, localEnd, remoteEnd, memories, total) = (_merge, tail.LocalEnd, tail.RemoteEnd, tail.Memories, tail.Total);
        var (lastLocalRegion, lastRemoteRegion) = (-1, -1);
        var added = 0;
        for (; added < count; added++)
        {
            if (!locals.TryPeek(hasLocalIndices ? Unsafe.Add(ref localIndices, added) : first + added, out var local, out var length, out var localRegion)
                || !remotes.TryPeek(hasRemoteIndices ? Unsafe.Add(ref remoteIndices, added) : first + added, out var remote, out var remoteLength, out var remoteRegion))
            {
                break;
            }

            var sum = total + length;
            if (length != remoteLength || (long)(sum | length) < 0) // both below 2^63 before: the sum cannot wrap unseen
            {
                break;
            }

            if (localRegion != lastLocalRegion || remoteRegion != lastRemoteRegion)
            {
                var (localNumber, remoteNumber) = (_localRegions.Numbers[localRegion], _remoteRegions.Numbers[remoteRegion]);
                if (localNumber == 0 || remoteNumber == 0)
                {
                    break;
                }

                var changed = SegmentWords.MemoriesOf(localNumber - 1, remoteNumber - 1);
                localEnd = changed == memories ? localEnd : local + 1; // what lies in other memories follows nothing
                (memories, lastLocalRegion, lastRemoteRegion) = (changed, localRegion, remoteRegion);
            }

            if (merge && local == localEnd && remote == remoteEnd)
            {
                break;
            }

            SegmentWords.Write(ref Unsafe.Add(ref target, added), local, remote, length, memories);
            total = sum;
            localEnd = local + length;
            remoteEnd = remote + length;
        }

        if (added > 0)
        {
            (tail.LocalEnd, tail.RemoteEnd, tail.Memories, tail.Total) = (localEnd, remoteEnd, memories, total);
        }

        return added;
    }

    /// <summary>The same where indices choose from one memory on each side, which is the last segment's.</summary>
    /// <returns>How many were added; -1 where it is not so.</returns>
    private readonly int ScatterOne<TLocal, TRemote>(TLocal locals, TRemote remotes, int first, Span<TransferSegment> free, ref SegmentTail tail)
        where TLocal : struct, ISideReader, allows ref struct
        where TRemote : struct, ISideReader, allows ref struct
    {
        if (_local.Indices.IsEmpty || _remote.Indices.IsEmpty || tail.Memories == SegmentTail.None.Memories)
        {
            return -1;
        }

        var localIndices = _local.Indices.Slice(first, free.Length);
        var remoteIndices = _remote.Indices.Slice(first, free.Length);
        if (locals.TryGetRun(out var local) && remotes.TryGetRun(out var remote))
        {
            return local.Run.Length == remote.Run.Length
                && local.Run.Length <= (long.MaxValue - tail.Total) / (ulong)free.Length
                && IsIn(tail.Memories, local.Region, remote.Region)
                ? ScatteredPairs.Write(local.Run, localIndices, remote.Run, remoteIndices, free, _merge, ref tail)
                : -1;
        }

        return locals.TryGetList(out var localList) && remotes.TryGetList(out var remoteList) && IsIn(tail.Memories, 0, 0)
            ? ScatteredPairs.Write(localList, localIndices, remoteList, remoteIndices, free, _merge, ref tail)
            : -1;
    }

    private readonly bool IsIn(ulong memories, int localRegion, int remoteRegion)
        => _localRegions.Numbers[localRegion] is > 0 and var local && _remoteRegions.Numbers[remoteRegion] is > 0 and var remote
            && memories == SegmentWords.MemoriesOf(local - 1, remote - 1);

    /// <summary>Whether a pair is the first in a memory, as are all where every piece has a memory of its own: one more for <see cref="AddOne"/>.</summary>
    private readonly bool IsFirstUse<TLocal, TRemote>(ref TLocal locals, ref TRemote remotes, int pair)
        where TLocal : struct, ISideReader, allows ref struct
        where TRemote : struct, ISideReader, allows ref struct
        => locals.TryPeek(_local.At(pair), out _, out _, out var local) && remotes.TryPeek(_remote.At(pair), out _, out _, out var remote)
            && (_localRegions.Numbers[local] == 0 || _remoteRegions.Numbers[remote] == 0);

    /// <summary>Adds a pair that needs more than to be written down, and those that follow it without a gap.</summary>
    /// <returns>How many were added; 0, with the problem, when the pair is wrong.</returns>
    private readonly int AddOne<TLocal, TRemote>(
        ref TLocal locals, ref TRemote remotes, int pair, ref SegmentWriter writer, ref SegmentTail tail, out string problem)
        where TLocal : struct, ISideReader, allows ref struct
        where TRemote : struct, ISideReader, allows ref struct
    {
        problem = "";
        if (!locals.TryRead(pair, out var local, out var length, out var localRegion)
            || !remotes.TryRead(pair, out var remote, out var remoteLength, out var remoteRegion))
        {
            var index = _local.At(pair);
            problem = $"index {((uint)index >= (uint)_local.List.Count ? index : _remote.At(pair))} lies outside the prepared list";
            return 0;
        }

        if (length != remoteLength || length > long.MaxValue - tail.Total)
        {
            problem = length != remoteLength
                ? $"the local descriptor has {length} bytes, the remote one {remoteLength}" : "the transfer moves more than 2^63 bytes";
            return 0;
        }

        var memories = SegmentWords.MemoriesOf(_localRegions.NumberOf(localRegion), _remoteRegions.NumberOf(remoteRegion));
        var pairs = 1;
        if (_merge && tail.IsFollowedBy(local, remote, memories))
        {
            pairs = Math.Min(locals.Stretch(pair), remotes.Stretch(pair));
            if (length > 0 && (ulong)pairs > (long.MaxValue - tail.Total) / length)
            {
                pairs = 1; // one of them is too many: it will be found
            }

            writer.Extend(length * (ulong)pairs);
        }
        else
        {
            SegmentWords.Write(ref writer.Reserve(pair)[0], local, remote, length, memories);
            writer.Commit(pair, 1);
        }

        var bytes = length * (ulong)pairs;
        (tail.LocalEnd, tail.RemoteEnd, tail.Memories, tail.Total) = (local + bytes, remote + bytes, memories, tail.Total + bytes);
        return pairs;
    }
}

/// <summary>Numbers the regions of one side in the order of their first use.</summary>
internal readonly struct RegionNumbers
{
    private readonly ResolvedSide _side;
    private readonly int[] _numbers;

    /// <param name="side">The side.</param>
    /// <param name="pairs">How many pairs there are: no more regions than that are used.</param>
    internal RegionNumbers(ResolvedSide side, int pairs)
    {
        _side = side;
        _numbers = new int[side.Regions.Length];
        Used = new List<BackendRegion>(Math.Min(pairs, side.Regions.Length));
    }

    internal List<BackendRegion> Used { get; }

    /// <summary>For each region its number and one; 0 for one that is not used yet.</summary>
    internal int[] Numbers => _numbers;

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
