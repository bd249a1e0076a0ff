using System.Collections;

namespace Nixl.Agent;

/// <summary>The ranges of a registration, as it gives them to its user.</summary>
internal sealed class RangeList(IRegistrationPart part) : IReadOnlyList<MemoryDescriptor>
{
    public int Count => part.Count;

    public MemoryDescriptor this[int index] => part.Regions[index].Range;

    public IEnumerator<MemoryDescriptor> GetEnumerator() => part.ToArray().Select(static region => region.Range).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
