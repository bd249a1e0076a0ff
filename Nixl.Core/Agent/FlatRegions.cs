using System.Runtime.CompilerServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The regions of an index side by side, for lists that look up many of them: possible where all lie on one device and none overlaps another.</summary>
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

    /// <summary>The position of the region that contains <paramref name="range"/>; -1 when none does, or when it is out of use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Find(in MemoryDescriptor range)
    {
        // The last region that begins at or before the address. Without branches on what is compared: what comes next is not to be guessed.
        var starts = _starts;
        var low = 0;
        for (var length = starts.Length; length > 1;)
        {
            var half = length >> 1;
            low += starts[low + half] <= range.Address ? half : 0;
            length -= half;
        }

        return range.DeviceId == _device && range.Address >= starts[low] && range.Address <= _ends[low] && range.Length <= _ends[low] - range.Address
            && !_regions[low].IsRetired ? low : -1;
    }
}
