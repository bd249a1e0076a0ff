using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What is to be registered, range by range. Ten thousand ranges are not ten thousand objects before the first engine sees one.</summary>
internal abstract class RegionSource
{
    internal abstract int Count { get; }

    /// <summary>The range alone.</summary>
    internal abstract MemoryDescriptor RangeAt(int index);

    /// <summary>The range as engines are given it.</summary>
    internal abstract MemoryRegion RegionAt(int index);
}
