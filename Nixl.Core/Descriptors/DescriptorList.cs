using System.Collections;
using System.Runtime.InteropServices;

namespace Nixl;

/// <summary>An ordered list of memory ranges of one <see cref="MemoryType"/>, as transfers and metadata name them.</summary>
/// <remarks>Not safe for concurrent modification. The agent copies what it needs; the list may be reused after any call returns.</remarks>
public sealed partial class DescriptorList : IReadOnlyList<MemoryDescriptor>, IEquatable<DescriptorList>
{
    private readonly List<MemoryDescriptor> _items;

    /// <summary>An empty list of <paramref name="type"/>.</summary>
    public DescriptorList(MemoryType type, int capacity = 0)
    {
        Type = type;
        _items = new List<MemoryDescriptor>(capacity);
    }

    /// <summary>A list of <paramref name="type"/> holding a copy of <paramref name="descriptors"/>.</summary>
    public DescriptorList(MemoryType type, ReadOnlySpan<MemoryDescriptor> descriptors)
        : this(type, descriptors.Length) => _items.AddRange(descriptors);

    /// <summary>The memory type of every descriptor in the list.</summary>
    public MemoryType Type { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public MemoryDescriptor this[int index] => _items[index];

    /// <summary>Appends one range.</summary>
    public void Add(MemoryDescriptor descriptor) => _items.Add(descriptor);

    /// <summary>Appends one range; lengths in bytes.</summary>
    public void Add(ulong address, ulong length, ulong deviceId = 0) => _items.Add(new MemoryDescriptor(address, length, deviceId));

    /// <summary>Removes every range and keeps the capacity.</summary>
    public void Clear() => _items.Clear();

    /// <summary>The ranges as a span, valid until the list changes.</summary>
    public ReadOnlySpan<MemoryDescriptor> AsSpan() => CollectionsMarshal.AsSpan(_items);

    /// <inheritdoc/>
    public IEnumerator<MemoryDescriptor> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
