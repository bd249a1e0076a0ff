using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>An immutable index of ranges: finds one in use that contains a descriptor, also where ranges overlap, lie in one another or are registered twice.</summary>
/// <remarks>
/// A B+ tree, ordered as a metadata section is. Beside each child stands the greatest end below it, so that a longer range that begins far before a descriptor is
/// found without looking at those between. Finding, adding and taking out one region are logarithmic; a changed index shares all but one path with the one that
/// it was made from. Readers need no lock, and keep what they began with. Many regions that came at once, sorted and apart, as those of a peer, lie side by side
/// first (<see cref="FlatRegions{TRegion}"/>): most of them are never changed, and need no tree.
/// </remarks>
internal sealed class RegionIndex<TRegion>
    where TRegion : BackendRegion
{
    // Laying the regions out costs about as much as one lookup in the tree for every four of them.
    private const int LookupsPerFlatRegion = 4;
    private const int FlatMin = 16;

    internal static readonly RegionIndex<TRegion> Empty = new(RegionNode.Empty, 0);

    private volatile RegionNode? _root; // null until it is needed, where the regions lie side by side
    private volatile FlatRegions<TRegion>? _flat;
    private bool _isNotFlat;

    private RegionIndex(RegionNode root, int count)
    {
        _root = root;
        Count = count;
    }

    private RegionIndex(FlatRegions<TRegion> flat)
    {
        _flat = flat;
        Count = flat.Count;
    }

    internal int Count { get; }

    /// <summary>Whether a region of it is in use. Looks at those that are not, and at one.</summary>
    internal bool HasAny => _flat is { } flat ? flat.HasAny : Root.HasAny;

    private RegionNode Root => _root ?? GrowTree();

    /// <summary>A region in use that contains <paramref name="range"/>, or null.</summary>
    internal TRegion? Find(in MemoryDescriptor range)
    {
        var cursor = default(RegionCursor<TRegion>);
        return Find(range, ref cursor);
    }

    /// <summary>A region in use that contains <paramref name="range"/>, or null. Where <paramref name="cursor"/> stands is looked at first; it moves to what is
    /// found.</summary>
    internal TRegion? Find(in MemoryDescriptor range, ref RegionCursor<TRegion> cursor)
        => cursor.Region is { IsRetired: false } last && last.Range.Contains(range) ? last : FindAnother(range, ref cursor);

    /// <summary>The oldest region in use with exactly this range, or null.</summary>
    internal TRegion? FindExact(in MemoryDescriptor range) => _flat is { } flat ? flat.FindExact(range) : (TRegion?)Root.FindExact(range);

    /// <summary>All regions, by device, address, length and age.</summary>
    internal TRegion[] ToArray()
    {
        if (_flat is { } flat)
        {
            return flat.ToArray();
        }

        var regions = new TRegion[Count];
        Root.CopyTo<TRegion>(regions);
        return regions;
    }

    /// <summary>The regions side by side, where that is possible and worth it for so many lookups; else null. Made once.</summary>
    internal FlatRegions<TRegion>? Flatten(int lookups)
    {
        if (Count < FlatMin || lookups < Count / LookupsPerFlatRegion)
        {
            return null; // also where it is there: using it takes a number for every region
        }

        if (_flat is null && !_isNotFlat)
        {
            // Two threads may do it at the same time: both get the same.
            _flat = FlatRegions<TRegion>.TryOf(ToArray());
            _isNotFlat = _flat is null;
        }

        return _flat;
    }

    /// <summary>An index that holds <paramref name="added"/>, too. None of them is in this one.</summary>
    internal RegionIndex<TRegion> With(IReadOnlyCollection<TRegion> added)
    {
        if (added.Count == 0)
        {
            return this;
        }

        if (Count == 0 && added.Count >= FlatMin && FlatRegions<TRegion>.TryOf([.. added]) is { } flat)
        {
            return new RegionIndex<TRegion>(flat);
        }

        using var slots = new SortedSlots(added);
        return new RegionIndex<TRegion>(RegionTreeEdit.Insert(Root, slots.Span), Count + added.Count);
    }

    /// <summary>An index without these very regions; others over the same ranges stay.</summary>
    internal RegionIndex<TRegion> Without(IReadOnlyCollection<TRegion> removed)
    {
        if (removed.Count == 0)
        {
            return this;
        }

        using var slots = new SortedSlots(removed);
        var root = RegionTreeEdit.Remove(Root, slots.Span, out var count);
        return new RegionIndex<TRegion>(root, Count - count);
    }

    /// <summary>Two threads may do it at the same time: their trees are alike.</summary>
    private RegionNode GrowTree()
    {
        using var slots = new SortedSlots(_flat!.Regions);
        return _root = RegionTreeEdit.Insert(RegionNode.Empty, slots.Span);
    }

    private TRegion? FindAnother(in MemoryDescriptor range, ref RegionCursor<TRegion> cursor)
    {
        if (_flat is { } flat)
        {
            var place = flat.Find(range);
            if (place < 0)
            {
                return null;
            }

            cursor.Region = flat[place];
            return cursor.Region;
        }

        if (!range.IsValid)
        {
            return null;
        }

        var end = range.Address + range.Length;
        if (!(cursor.Leaf is { } near && ReachesTo(near, range) && near.TryFind(range, end, out var leaf, out var position))
            && !Root.TryFind(range, end, out leaf, out position))
        {
            return null;
        }

        // Of registrations of one range the oldest: one that another part of the application made for a while takes nothing with it when it goes.
        ref readonly var found = ref leaf.Slots[position];
        var isOnlyOne = position > 0 && leaf.Slots[position - 1].Range != found.Range;
        cursor.Leaf = leaf;
        cursor.Region = isOnlyOne ? (TRegion)found.Target : FindExact(found.Range) ?? (TRegion)found.Target;
        return cursor.Region;
    }

    /// <summary>Whether a range may well lie in this leaf; when it does not, the search begins at the root.</summary>
    private static bool ReachesTo(RegionNode leaf, in MemoryDescriptor range)
    {
        ref readonly var last = ref leaf.Slots[^1];
        return range.DeviceId == last.Range.DeviceId && range.Address <= last.End && range.Address >= leaf.Slots[0].Range.Address;
    }
}
