namespace Nixl.Agent;

/// <summary>One side of a transfer, resolved against one backend: the distinct regions, and which one each descriptor lies in.</summary>
/// <param name="Regions">The distinct regions.</param>
/// <param name="RegionOf">For each descriptor an index into <paramref name="Regions"/>; null when there is only one region.</param>
internal sealed record ResolvedSide(RegionEntry[] Regions, int[]? RegionOf)
{
    /// <summary>Finds the region of every descriptor; null, with the first descriptor that lies in none, when one is missing.</summary>
    internal static ResolvedSide? TryResolve<TRegion>(
        RegionIndex<TRegion> index, ReadOnlySpan<MemoryDescriptor> descriptors, Func<TRegion, RegionEntry?> select, out int missing)
        where TRegion : RegionEntry
    {
        missing = 0;
        var regions = new List<RegionEntry>();
        Dictionary<long, int>? known = null;
        int[]? regionOf = null;
        var cursor = default(RegionCursor<TRegion>);
        TRegion? last = null;
        var current = -1;
        for (var i = 0; i < descriptors.Length; i++)
        {
            if (index.Find(descriptors[i], ref cursor) is not { } found)
            {
                missing = i;
                return null;
            }

            if (found != last)
            {
                last = found;
                known ??= [];
                if (!known.TryGetValue(found.Serial, out current))
                {
                    if (select(found) is not { } region)
                    {
                        missing = i;
                        return null;
                    }

                    current = regions.Count;
                    known.Add(found.Serial, current);
                    regions.Add(region);
                    regionOf ??= current == 0 ? null : new int[descriptors.Length]; // all before lie in region 0
                }
            }

            if (regionOf is not null)
            {
                regionOf[i] = current;
            }
        }

        return new ResolvedSide([.. regions], regionOf);
    }
}
