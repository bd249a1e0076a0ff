using Nixl.Backends;

namespace Nixl.Tests.Agent;

/// <summary>A region without an engine behind it.</summary>
internal sealed class TestRegion : BackendRegion
{
    internal TestRegion(MemoryDescriptor range) : base(MemoryType.Dram, range) => Serial = TakeSerials(1);

    internal static TestRegion Of(ulong address, ulong length, ulong device = 0) => new(new MemoryDescriptor(address, length, device));
}
