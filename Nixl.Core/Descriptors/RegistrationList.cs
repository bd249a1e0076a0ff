using System.Collections;
using System.Runtime.InteropServices;

namespace Nixl;

/// <summary>An ordered list of ranges to register, of one <see cref="MemoryType"/>, each with the user's own bytes.</summary>
/// <remarks>Not safe for concurrent modification. The agent copies the ranges; the bytes of <see cref="RegistrationDescriptor.MetaInfo"/> are borrowed until
/// the registration has let go.</remarks>
public sealed partial class RegistrationList : IReadOnlyList<RegistrationDescriptor>, IEquatable<RegistrationList>
{
    private const int RangesInText = 4;

    private readonly List<RegistrationDescriptor> _items;

    /// <summary>An empty list of <paramref name="type"/>.</summary>
    public RegistrationList(MemoryType type, int capacity = 0)
    {
        Type = type;
        _items = new List<RegistrationDescriptor>(capacity);
    }

    /// <summary>A list of <paramref name="type"/> holding a copy of <paramref name="descriptors"/>.</summary>
    public RegistrationList(MemoryType type, ReadOnlySpan<RegistrationDescriptor> descriptors)
        : this(type, descriptors.Length) => _items.AddRange(descriptors);

    /// <summary>The memory type of every range in the list.</summary>
    public MemoryType Type { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public RegistrationDescriptor this[int index] => _items[index];

    /// <summary>Appends one range.</summary>
    public void Add(RegistrationDescriptor descriptor) => _items.Add(descriptor);

    /// <summary>Appends one range with the user's text, which becomes UTF-8; length in bytes.</summary>
    public void Add(ulong address, ulong length, ulong deviceId = 0, string metaInfo = "")
        => _items.Add(new RegistrationDescriptor(new MemoryDescriptor(address, length, deviceId), metaInfo));

    /// <summary>Removes every range and keeps the capacity.</summary>
    public void Clear() => _items.Clear();

    /// <summary>Removes one range; later ones move up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such index.</exception>
    public void RemoveAt(int index) => _items.RemoveAt(index);

    /// <summary>The index of the first descriptor with exactly this range, whatever its meta info, or -1. Linear.</summary>
    public int IndexOf(MemoryDescriptor range) => _items.FindIndex(item => item.Range == range);

    /// <summary>The ranges without the user's bytes, as transfers name them: upstream's <c>trim</c>.</summary>
    public DescriptorList Trim()
    {
        var trimmed = new DescriptorList(Type, Count);
        foreach (ref readonly var item in AsSpan())
        {
            trimmed.Add(item.Range);
        }

        return trimmed;
    }

    /// <summary>The descriptors as a span, valid until the list changes.</summary>
    public ReadOnlySpan<RegistrationDescriptor> AsSpan() => CollectionsMarshal.AsSpan(_items);

    /// <inheritdoc/>
    public IEnumerator<RegistrationDescriptor> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether <paramref name="other"/> has the same memory type and equal descriptors in the same order.</summary>
    public bool Equals(RegistrationList? other) => other is not null && other.Type == Type && other.AsSpan().SequenceEqual(AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RegistrationList);

    /// <summary>A hash of the present content: a list that is a key of a dictionary must not be changed.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Type);
        _items.ForEach(item => hash.Add(item));
        return hash.ToHashCode();
    }

    /// <summary>The memory type, the number of ranges and the first of them.</summary>
    public override string ToString()
    {
        var shown = string.Join(", ", _items.Take(RangesInText));
        return $"{MemoryTypeNames.ToName(Type)} × {Count}: {shown}{(Count > RangesInText ? ", …" : "")}";
    }
}
