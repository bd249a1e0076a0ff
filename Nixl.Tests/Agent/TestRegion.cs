using Nixl.Agent;

namespace Nixl.Tests.Agent;

/// <summary>A region without an engine behind it.</summary>
internal sealed class TestRegion(MemoryDescriptor range) : RegionEntry(MemoryType.Dram, range)
{
    internal static TestRegion Of(ulong address, ulong length, ulong device = 0) => new(new MemoryDescriptor(address, length, device));
}
