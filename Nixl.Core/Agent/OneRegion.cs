using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>A single region.</summary>
internal sealed class OneRegion(in MemoryRegion region) : RegionSource
{
    private readonly MemoryRegion _region = region;

    internal override int Count => 1;

    internal override MemoryDescriptor RangeAt(int index) => _region.Range;

    internal override MemoryRegion RegionAt(int index) => _region;
}
