using System.Runtime.InteropServices;

namespace Nixl;

/// <content>Filling a list from other forms of descriptors.</content>
public sealed partial class DescriptorList
{
    private const int FieldsOfTriple = 3;

    /// <summary>A list from an N×3 array: address, length, device id; address, length, device id; and so on.</summary>
    /// <exception cref="NixlException">InvalidParam: the number of values is not a multiple of 3.</exception>
    public static DescriptorList FromTriples(MemoryType type, ReadOnlySpan<ulong> triples)
    {
        var list = new DescriptorList(type, triples.Length / FieldsOfTriple);
        list.AddTriples(triples);
        return list;
    }

    /// <summary>Appends an N×3 array: address, length, device id; address, length, device id; and so on.</summary>
    /// <exception cref="NixlException">InvalidParam: the number of values is not a multiple of 3; nothing was appended.</exception>
    public void AddTriples(ReadOnlySpan<ulong> triples)
    {
        if (triples.Length % FieldsOfTriple != 0)
        {
            throw new NixlException(NixlStatus.InvalidParam, "AddTriples", $"{triples.Length} values are not whole triples")
            {
                DescriptorIndex = triples.Length / FieldsOfTriple,
                Hint = "Each descriptor has three values: address, length, device id.",
            };
        }

        // A descriptor is laid out as its three fields, in this order.
        AddRange(MemoryMarshal.Cast<ulong, MemoryDescriptor>(triples));
    }

    /// <summary>Appends many ranges.</summary>
    public void AddRange(ReadOnlySpan<MemoryDescriptor> descriptors)
    {
        Reserve(descriptors.Length);
        descriptors.CopyTo(_items.AsSpan(_count)); // also right where they are this list's own: its old array stays as it is
        _count += descriptors.Length;
    }

    /// <summary>Appends every range of <paramref name="strided"/>, written out.</summary>
    /// <exception cref="NixlException">InvalidParam: the count is negative, or a range does not end within the 64-bit address space; nothing was
    /// appended.</exception>
    public void Add(StridedDescriptor strided)
    {
        if (!strided.IsValid)
        {
            throw new NixlException(
                NixlStatus.InvalidParam, "AddStrided", strided.Count < 0 ? $"the count {strided.Count} is negative" : $"{strided} runs past the end of the address space");
        }

        Reserve(strided.Count);
        var address = strided.Address;
        foreach (ref var item in _items.AsSpan(_count, strided.Count))
        {
            item = new MemoryDescriptor(address, strided.Length, strided.DeviceId);
            address = unchecked(address + strided.Stride); // only the step after the last range may wrap
        }

        _count += strided.Count;
    }
}
