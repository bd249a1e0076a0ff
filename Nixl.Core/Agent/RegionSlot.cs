using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>One place in a node of the tree of regions: in a leaf a region, above it a node, whose first key and greatest end stand here, so that a search
/// reads one node per level.</summary>
internal readonly struct RegionSlot : IComparable<RegionSlot>
{
    internal RegionSlot(BackendRegion region)
    {
        Range = region.Range;
        Serial = region.Serial;
        End = region.Range.Address + region.Range.Length; // cannot overflow: registration and metadata loading checked it
        Target = region;
    }

    internal RegionSlot(RegionNode node)
    {
        ref readonly var first = ref node.Slots[0];
        Range = first.Range;
        Serial = first.Serial;
        End = node.GreatestEnd();
        Target = node;
    }

    /// <summary>The region's range; of a node, the range of its first region.</summary>
    internal MemoryDescriptor Range { get; }

    /// <summary>Orders registrations of one range, so that each has a place of its own.</summary>
    internal long Serial { get; }

    /// <summary>The region's end; of a node, the greatest end below it, over all devices.</summary>
    internal ulong End { get; }

    internal object Target { get; }

    internal RegionNode Node => (RegionNode)Target;

    internal BackendRegion Region => (BackendRegion)Target;

    public int CompareTo(RegionSlot other) => Compare(in this, in other);

    /// <summary>The order of the tree: device, address, length (the order of a metadata section), then age.</summary>
    internal static int Compare(in RegionSlot left, in RegionSlot right)
    {
        var byRange = left.Range.CompareTo(right.Range);
        return byRange != 0 ? byRange : left.Serial.CompareTo(right.Serial);
    }
}
