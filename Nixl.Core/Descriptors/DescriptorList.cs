using System.Collections;

namespace Nixl;

/// <summary>An ordered list of memory ranges of one <see cref="MemoryType"/>, as transfers and metadata name them.</summary>
/// <remarks>Not safe for concurrent modification. The agent copies what it needs; the list may be reused after any call returns.</remarks>
public sealed partial class DescriptorList : IReadOnlyList<MemoryDescriptor>, IEquatable<DescriptorList>
{
    // An array of its own instead of a List: the agent reads it in place while it plans, which a List lets nobody do beyond one method.
    private MemoryDescriptor[] _items;
    private int _count;

    /// <summary>An empty list of <paramref name="type"/>.</summary>
    public DescriptorList(MemoryType type, int capacity = 0)
    {
        Type = type;
        _items = capacity == 0 ? [] : new MemoryDescriptor[capacity];
    }

    /// <summary>A list of <paramref name="type"/> holding a copy of <paramref name="descriptors"/>.</summary>
    public DescriptorList(MemoryType type, ReadOnlySpan<MemoryDescriptor> descriptors)
        : this(type, descriptors.Length) => AddRange(descriptors);

    /// <summary>The memory type of every descriptor in the list.</summary>
    public MemoryType Type { get; }

    /// <inheritdoc/>
    public int Count => _count;

    /// <inheritdoc/>
    public MemoryDescriptor this[int index] => AsSpan()[index];

    /// <summary>Appends one range.</summary>
    public void Add(MemoryDescriptor descriptor)
    {
        if (_count == _items.Length)
        {
            Reserve(1);
        }

        _items[_count++] = descriptor;
    }

    /// <summary>Appends one range; lengths in bytes.</summary>
    public void Add(ulong address, ulong length, ulong deviceId = 0) => Add(new MemoryDescriptor(address, length, deviceId));

    /// <summary>Removes every range and keeps the capacity.</summary>
    public void Clear() => _count = 0;

    /// <summary>The ranges as a span, valid until the list changes.</summary>
    public ReadOnlySpan<MemoryDescriptor> AsSpan() => _items.AsSpan(0, _count);

    /// <inheritdoc/>
    public IEnumerator<MemoryDescriptor> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return _items[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The ranges without a copy, valid until the list changes.</summary>
    internal ReadOnlyMemory<MemoryDescriptor> AsMemory() => _items.AsMemory(0, _count);

    /// <summary>Makes room behind the last range.</summary>
    private void Reserve(int more)
    {
        var needed = checked(_count + more);
        if (needed > _items.Length)
        {
            Array.Resize(ref _items, (int)Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(4, 2L * _items.Length))));
        }
    }
}
