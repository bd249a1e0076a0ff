using System.Runtime.CompilerServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>One side of a transfer, resolved against one backend: the distinct regions, and which one each descriptor lies in.</summary>
/// <param name="Regions">The distinct regions.</param>
/// <param name="RegionOf">For each descriptor an index into <paramref name="Regions"/>; null when there is only one region, or where runs say it.</param>
/// <param name="Runs">The descriptors as runs that do not cross regions, in the order of the list; null where they are read from the list.</param>
internal sealed record ResolvedSide(BackendRegion[] Regions, int[]? RegionOf, ResolvedRun[]? Runs = null)
{
    /// <summary>Finds the region of every descriptor; null, with the first descriptor that lies in none, when one is missing.</summary>
    internal static ResolvedSide? TryResolve<TRegion>(RegionIndex<TRegion> index, SideList list, Func<TRegion, BackendRegion?> select, out int missing)
        where TRegion : BackendRegion
    {
        var numbering = new Numbering<TRegion>(select);
        return list.Runs is { } runs && TryResolveRuns(index, runs, ref numbering, out missing, out var side)
            ? side
            : index.Flatten(list.Count) is { } flat
                ? ResolveItems(flat, list.Items, select, out missing)
                : ResolveItems(index, list.Items, ref numbering, out missing);
    }

    /// <summary>Finds the region of every run.</summary>
    /// <returns>False when regions divide the runs, as far as they were looked at, into so many that the list is better.</returns>
    private static bool TryResolveRuns<TRegion>(
        RegionIndex<TRegion> index, DescriptorRun[] runs, ref Numbering<TRegion> numbering, out int missing, out ResolvedSide? side)
        where TRegion : BackendRegion
    {
        (missing, side) = (-1, null);
        var resolved = new List<ResolvedRun>(runs.Length);
        var cursor = default(RegionCursor<TRegion>);
        foreach (var run in runs)
        {
            for (var rest = run; ;)
            {
                if (index.Find(rest.At(rest.First), ref cursor) is not { } found || !numbering.TryNumber(found, out var region))
                {
                    missing = rest.First;
                    return true;
                }

                var fitting = rest.CountWithin(found.Range);
                resolved.Add(new ResolvedRun(rest with { Count = fitting }, region));
                if (fitting == rest.Count)
                {
                    break;
                }

                if (!SideList.IsWorthwhile(resolved.Count, rest.First + fitting))
                {
                    numbering.Clear();
                    return false;
                }

                rest = rest.Without(fitting);
            }
        }

        side = new ResolvedSide(numbering.ToArray(), null, [.. resolved]);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // as for SegmentBuilder: long lists must not run as unoptimised code
    private static ResolvedSide? ResolveItems<TRegion>(
        RegionIndex<TRegion> index, ReadOnlySpan<MemoryDescriptor> descriptors, ref Numbering<TRegion> numbering, out int missing)
        where TRegion : BackendRegion
    {
        missing = -1;
        int[]? regionOf = null;
        var cursor = default(RegionCursor<TRegion>);
        var current = default(MemoryDescriptor); // the range of the region that was found last; contains nothing at first
        var region = 0;
        for (var i = 0; i < descriptors.Length; i++)
        {
            ref readonly var descriptor = ref descriptors[i];
            if (!current.Contains(descriptor) || i == 0)
            {
                if (index.Find(descriptor, ref cursor) is not { } found || !numbering.TryNumber(found, out region))
                {
                    missing = i;
                    return null;
                }

                current = found.Range;
            }

            if (region > 0)
            {
                regionOf ??= new int[descriptors.Length]; // all before lie in region 0
                regionOf[i] = region;
            }
        }

        return new ResolvedSide(numbering.ToArray(), regionOf);
    }

    /// <summary>The same, over regions that are laid out side by side: the position of each says whether it was met before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ResolvedSide? ResolveItems<TRegion>(
        FlatRegions<TRegion> flat, ReadOnlySpan<MemoryDescriptor> descriptors, Func<TRegion, BackendRegion?> select, out int missing)
        where TRegion : BackendRegion
    {
        var numbers = new int[flat.Count]; // by position, 1-based
        var regions = new BackendRegion[Math.Min(flat.Count, descriptors.Length)];
        var found = regions.AsSpan(); // stores without looking at the type of each
        var regionOf = GC.AllocateUninitializedArray<int>(descriptors.Length);
        var count = 0;
        for (var i = 0; i < descriptors.Length; i++)
        {
            var position = flat.Find(descriptors[i]);
            if (position >= 0 && numbers[position] == 0 && select(flat[position]) is { } region)
            {
                found[count++] = region;
                numbers[position] = count;
            }

            if (position < 0 || numbers[position] == 0)
            {
                missing = i;
                return null;
            }

            regionOf[i] = numbers[position] - 1;
        }

        missing = -1;
        Array.Resize(ref regions, count);
        return new ResolvedSide(regions, count > 1 ? regionOf : null);
    }

    /// <summary>Numbers the regions in the order in which they are found.</summary>
    private struct Numbering<TRegion>(Func<TRegion, BackendRegion?> select)
        where TRegion : BackendRegion
    {
        private readonly List<BackendRegion> _regions = [];
        private Dictionary<long, int>? _known;
        private TRegion? _last;
        private int _lastNumber;

        /// <summary>The number of a region; false when the engine does not have it as this side.</summary>
        internal bool TryNumber(TRegion found, out int number)
        {
            number = _lastNumber;
            return ReferenceEquals(found, _last) || TryNumberAnother(found, out number);
        }

        internal readonly BackendRegion[] ToArray() => [.. _regions];

        internal void Clear()
        {
            _regions.Clear();
            _known = null;
            _last = null;
        }

        private bool TryNumberAnother(TRegion found, out int number)
        {
            _known ??= [];
            if (!_known.TryGetValue(found.Serial, out number))
            {
                if (select(found) is not { } region)
                {
                    return false;
                }

                number = _regions.Count;
                _known.Add(found.Serial, number);
                _regions.Add(region);
            }

            (_last, _lastNumber) = (found, number);
            return true;
        }
    }
}
