using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>A node of the tree of regions. Never changes: whoever edits the tree makes new nodes (<see cref="RegionTreeEdit"/>), and readers of the old ones need
/// no lock.</summary>
internal sealed class RegionNode(RegionSlot[] slots, int height)
{
    /// <summary>The most slots of a node: a path that is copied stays within a few kilobytes.</summary>
    internal const int SlotsMax = 16;

    /// <summary>The fewest slots of a node that has neighbours: keeps the height logarithmic when regions go.</summary>
    internal const int SlotsMin = SlotsMax / 4;

    internal static readonly RegionNode Empty = new([], 0);

    /// <summary>In ascending order; empty only in the root of an empty tree.</summary>
    internal RegionSlot[] Slots { get; } = slots;

    /// <summary>0 for a leaf.</summary>
    internal int Height { get; } = height;

    internal bool IsLeaf => Height == 0;

    /// <summary>Whether a region below this node is in use.</summary>
    internal bool HasAny => Array.Exists(Slots, IsLeaf ? static slot => !slot.Region.IsRetired : static slot => slot.Node.HasAny);

    internal ulong GreatestEnd()
    {
        var greatest = 0UL;
        foreach (ref readonly var slot in Slots.AsSpan())
        {
            greatest = Math.Max(greatest, slot.End);
        }

        return greatest;
    }

    /// <summary>Finds the last region in use below this node that begins at or before <paramref name="range"/> and reaches <paramref name="end"/>, its end.</summary>
    /// <remarks>A node that lies wholly before the range, on its device, holds such a region exactly when its greatest end says so. Only the nodes across which
    /// the range's address or the beginning of the device falls are looked into in vain, and there is one of each per level.</remarks>
    internal bool TryFind(in MemoryDescriptor range, ulong end, out RegionNode leaf, out int position)
    {
        for (var i = LastAtOrBefore(range); i >= 0; i--)
        {
            ref readonly var slot = ref Slots[i];
            if (slot.End >= end)
            {
                if (!IsLeaf)
                {
                    if (slot.Node.TryFind(range, end, out leaf, out position))
                    {
                        return true;
                    }
                }
                else if (slot.Range.DeviceId == range.DeviceId && !slot.Region.IsRetired)
                {
                    (leaf, position) = (this, i);
                    return true;
                }
            }

            if (slot.Range.DeviceId < range.DeviceId)
            {
                break;
            }
        }

        (leaf, position) = (Empty, -1);
        return false;
    }

    /// <summary>The oldest region in use with exactly this range.</summary>
    internal BackendRegion? FindExact(in MemoryDescriptor range)
    {
        var i = FirstNotBefore(range);
        for (i = IsLeaf ? i : Math.Max(0, i - 1); i < Slots.Length && Slots[i].Range <= range; i++)
        {
            var found = !IsLeaf ? Slots[i].Node.FindExact(range) : Slots[i].Region.IsRetired ? null : Slots[i].Region;
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The first slot from <paramref name="from"/> on whose key is greater than that of <paramref name="key"/>; the number of slots when none is.</summary>
    internal int FirstAfter(in RegionSlot key, int from)
    {
        var low = from;
        var high = Slots.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = RegionSlot.Compare(Slots[middle], key) > 0 ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>Writes all regions below this node to <paramref name="destination"/>, in order.</summary>
    /// <returns>What is left of the destination.</returns>
    internal Span<TRegion> CopyTo<TRegion>(Span<TRegion> destination)
        where TRegion : BackendRegion
    {
        foreach (ref readonly var slot in Slots.AsSpan())
        {
            if (!IsLeaf)
            {
                destination = slot.Node.CopyTo(destination);
                continue;
            }

            destination[0] = (TRegion)slot.Target;
            destination = destination[1..];
        }

        return destination;
    }

    private int LastAtOrBefore(in MemoryDescriptor range)
    {
        var low = 0;
        var high = Slots.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            ref readonly var slot = ref Slots[middle];
            var device = slot.Range.DeviceId;
            var isAfter = device > range.DeviceId || (device == range.DeviceId && slot.Range.Address > range.Address);
            (low, high) = isAfter ? (low, middle - 1) : (middle + 1, high);
        }

        return high;
    }

    private int FirstNotBefore(in MemoryDescriptor range)
    {
        var low = 0;
        var high = Slots.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = Slots[middle].Range < range ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
