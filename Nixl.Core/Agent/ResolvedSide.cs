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
        Dictionary<int, int>? known = null;
        int[]? regionOf = null;
        var position = -1;
        var current = -1;
        for (var i = 0; i < descriptors.Length; i++)
        {
            var found = index.Find(descriptors[i], position);
            if (found < 0 || index.Regions[found].IsRetired)
            {
                missing = i;
                return null;
            }

            if (found != position)
            {
                position = found;
                known ??= [];
                if (!known.TryGetValue(found, out current))
                {
                    if (select(index.Regions[found]) is not { } region)
                    {
                        missing = i;
                        return null;
                    }

                    current = regions.Count;
                    known.Add(found, current);
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
