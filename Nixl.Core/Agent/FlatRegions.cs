using System.Runtime.CompilerServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The regions of an index side by side, in three arrays: possible where all lie on one device and none overlaps another.</summary>
internal sealed class FlatRegions<TRegion>
    where TRegion : BackendRegion
{
    private readonly ulong[] _starts;
    private readonly ulong[] _ends;
    private readonly TRegion[] _regions;
    private readonly ulong _device;

    private FlatRegions(ulong[] starts, ulong[] ends, TRegion[] regions)
    {
        (_starts, _ends, _regions) = (starts, ends, regions);
        _device = regions[0].Range.DeviceId;
    }

    internal int Count => _regions.Length;

    /// <summary>Whether a region is in use.</summary>
    internal bool HasAny => Array.Exists(_regions, static region => !region.IsRetired);

    internal TRegion this[int position] => _regions[position];

    /// <summary>Lays the regions out; null where they overlap or lie on several devices.</summary>
    /// <param name="regions">All regions of the index in its order; kept.</param>
    internal static FlatRegions<TRegion>? TryOf(TRegion[] regions)
    {
        var starts = new ulong[regions.Length];
        var ends = new ulong[regions.Length];
        for (var i = 0; i < regions.Length; i++)
        {
            var range = regions[i].Range;
            (starts[i], ends[i]) = (range.Address, range.Address + range.Length);
            if (i > 0 && (range.DeviceId != regions[0].Range.DeviceId || starts[i] < ends[i - 1] || starts[i] == starts[i - 1]))
            {
                return null;
            }
        }

        return new FlatRegions<TRegion>(starts, ends, regions);
    }

    /// <summary>The position of a region in use that contains <paramref name="range"/>; -1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Find(in MemoryDescriptor range)
    {
        var low = LastAtOrBefore(range.Address);
        return range.DeviceId == _device && range.Address >= _starts[low] && range.Address <= _ends[low] && range.Length <= _ends[low] - range.Address
            && !_regions[low].IsRetired ? low : FindEmpty(range, low);
    }

    /// <summary>The region in use with exactly this range, or null.</summary>
    internal TRegion? FindExact(in MemoryDescriptor range)
    {
        var region = _regions[LastAtOrBefore(range.Address)];
        return region.Range == range && !region.IsRetired ? region : null;
    }

    /// <summary>A copy of all regions, in order.</summary>
    internal TRegion[] ToArray() => [.. _regions];

    /// <summary>All regions, in order.</summary>
    internal IReadOnlyCollection<TRegion> Regions => _regions;

    /// <summary>The last region that begins at or before the address; the first where none does. Without branches on what is compared: what comes next is not
    /// to be guessed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LastAtOrBefore(ulong address)
    {
        var starts = _starts;
        var low = 0;
        for (var length = starts.Length; length > 1;)
        {
            var half = length >> 1;
            low += starts[low + half] <= address ? half : 0;
            length -= half;
        }

        return low;
    }

    /// <summary>An empty range lies also in the region that ends where it begins, which counts where the one that begins there is out of use.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindEmpty(in MemoryDescriptor range, int after)
        => range.Length == 0 && after > 0 && _ends[after - 1] == range.Address && range.DeviceId == _device && !_regions[after - 1].IsRetired ? after - 1 : -1;
}
