using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The ranges of a list, each with the memory object behind it where the agent allocated that.</summary>
internal sealed class DescribedRegions(DescriptorList descriptors, AllocatedMemory allocated) : RegionSource
{
    internal override int Count => descriptors.Count;

    internal override MemoryDescriptor RangeAt(int index) => descriptors[index];

    internal override MemoryRegion RegionAt(int index) => allocated.Describe(descriptors.Type, descriptors[index]);
}
