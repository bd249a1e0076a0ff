using System.Collections;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The ranges of a registration, as it gives them to its user.</summary>
internal sealed class RangeList(BackendMemory[] regions) : IReadOnlyList<MemoryDescriptor>
{
    public int Count => regions.Length;

    public MemoryDescriptor this[int index] => regions[index].Range;

    public IEnumerator<MemoryDescriptor> GetEnumerator() => regions.Select(static region => region.Range).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
