using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Regions that are described one by one.</summary>
internal sealed class ListedRegions(params MemoryRegion[] regions) : RegionSource
{
    internal override int Count => regions.Length;

    internal override MemoryDescriptor RangeAt(int index) => regions[index].Range;

    internal override MemoryRegion RegionAt(int index) => regions[index];
}
