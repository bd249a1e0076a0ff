using System.Buffers;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The places of some regions in the order of the tree, in pooled memory.</summary>
internal readonly ref struct SortedSlots : IDisposable
{
    private readonly RegionSlot[] _rented;

    internal SortedSlots(IReadOnlyCollection<BackendRegion> regions)
    {
        _rented = ArrayPool<RegionSlot>.Shared.Rent(regions.Count);
        var slots = _rented.AsSpan(0, regions.Count);
        var i = 0;
        var isSorted = true;
        foreach (var region in regions)
        {
            slots[i] = new RegionSlot(region);
            isSorted &= i == 0 || RegionSlot.Compare(slots[i - 1], slots[i]) <= 0;
            i++;
        }

        if (!isSorted)
        {
            slots.Sort();
        }

        Span = slots;
    }

    /// <summary>Good until Dispose.</summary>
    internal ReadOnlySpan<RegionSlot> Span { get; }

    public void Dispose() => ArrayPool<RegionSlot>.Shared.Return(_rented, clearArray: true);
}
