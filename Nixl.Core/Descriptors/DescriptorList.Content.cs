using System.Runtime.InteropServices;

namespace Nixl;

/// <content>Searching, removing, ordering, comparing.</content>
public sealed partial class DescriptorList
{
    private const int RangesInText = 4;

    /// <summary>Whether the ranges stand in the order of a metadata section: device id, address, length.</summary>
    public bool IsSorted
    {
        get
        {
            var items = AsSpan();
            for (var i = 1; i < items.Length; i++)
            {
                if (items[i] < items[i - 1])
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The sum of all lengths in bytes; where it exceeds 64 bits, the greatest value there is.</summary>
    public ulong TotalBytes
    {
        get
        {
            UInt128 total = 0;
            foreach (ref readonly var item in AsSpan())
            {
                total += item.Length;
            }

            return total > ulong.MaxValue ? ulong.MaxValue : (ulong)total;
        }
    }

    /// <summary>The index of the first range with exactly this address, length and device id, or -1. Linear.</summary>
    public int IndexOf(MemoryDescriptor descriptor) => AsSpan().IndexOf(descriptor);

    /// <summary>Removes one range; later ones move up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such index.</exception>
    public void RemoveAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
        _items.AsSpan(index + 1, _count - index - 1).CopyTo(_items.AsSpan(index));
        _count--;
    }

    /// <summary>Puts the ranges in the order of a metadata section. Transfers pair ranges by position: never sort one side of a pair alone.</summary>
    public void Sort() => _items.AsSpan(0, _count).Sort();

    /// <summary>Whether <paramref name="other"/> has the same memory type and the same ranges in the same order.</summary>
    public bool Equals(DescriptorList? other) => other is not null && other.Type == Type && other.AsSpan().SequenceEqual(AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DescriptorList);

    /// <summary>A hash of the present content: a list that is a key of a dictionary must not be changed.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Type);
        hash.AddBytes(MemoryMarshal.AsBytes(AsSpan()));
        return hash.ToHashCode();
    }

    /// <summary>The memory type, the number of ranges and the first of them.</summary>
    public override string ToString()
    {
        var shown = string.Join(", ", this.Take(RangesInText));
        return $"{MemoryTypeNames.ToName(Type)} × {Count}: {shown}{(Count > RangesInText ? ", …" : "")}";
    }
}
