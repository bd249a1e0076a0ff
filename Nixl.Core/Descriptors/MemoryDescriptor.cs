using System.Runtime.InteropServices;

namespace Nixl;

/// <summary>A range of memory: 24 bytes, laid out as upstream serializes it (address, length, device id).</summary>
/// <param name="Address">Virtual address, or byte offset for files, blocks and objects.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="DeviceId">What the range lives on: 0 for DRAM by convention, a device ordinal, a file descriptor or an object's number.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct MemoryDescriptor(ulong Address, ulong Length, ulong DeviceId = 0) : IComparable<MemoryDescriptor>
{
    /// <summary>Whether the range ends within the 64-bit address space.</summary>
    public bool IsValid => Length <= ulong.MaxValue - Address;

    /// <summary>Whether <paramref name="other"/> lies fully inside this range on the same device. Never overflows.</summary>
    public bool Contains(in MemoryDescriptor other)
        => other.DeviceId == DeviceId
            && other.Address >= Address
            && other.Address - Address <= Length
            && other.Length <= Length - (other.Address - Address);

    /// <summary>Orders by device id, then address, then length: the order of the elements of a metadata section.</summary>
    public int CompareTo(MemoryDescriptor other)
    {
        var byDevice = DeviceId.CompareTo(other.DeviceId);
        if (byDevice != 0)
        {
            return byDevice;
        }

        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Length.CompareTo(other.Length);
    }

    /// <summary>A descriptor from its three fields, as NIXL's users write it: address, length in bytes, device id.</summary>
    public static implicit operator MemoryDescriptor((ulong Address, ulong Length, ulong DeviceId) fields) => new(fields.Address, fields.Length, fields.DeviceId);

    /// <summary>Whether <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(MemoryDescriptor left, MemoryDescriptor right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(MemoryDescriptor left, MemoryDescriptor right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not sort after <paramref name="right"/>.</summary>
    public static bool operator <=(MemoryDescriptor left, MemoryDescriptor right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not sort before <paramref name="right"/>.</summary>
    public static bool operator >=(MemoryDescriptor left, MemoryDescriptor right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"[0x{Address:x}, +{Length}) device {DeviceId}";
}
