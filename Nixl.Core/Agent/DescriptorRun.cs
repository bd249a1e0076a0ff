namespace Nixl.Agent;

/// <summary>Descriptors of one list that follow one another at equal distances: equally long, ascending, on one device.</summary>
/// <param name="Address">Address of the first one.</param>
/// <param name="Length">Length of each.</param>
/// <param name="Stride">From one to the next; 0 where one is repeated.</param>
/// <param name="DeviceId">Their device.</param>
/// <param name="First">Index of the first one in the list.</param>
/// <param name="Count">How many they are; at least one.</param>
internal readonly record struct DescriptorRun(ulong Address, ulong Length, ulong Stride, ulong DeviceId, int First, int Count)
{
    /// <summary>The descriptor with this index of the list, which lies in the run.</summary>
    internal MemoryDescriptor At(int index) => new(AddressOf(index), Length, DeviceId);

    internal ulong AddressOf(int index) => Address + ((ulong)(uint)(index - First) * Stride);

    /// <summary>Whether an index of the list lies in the run.</summary>
    internal bool Holds(int index) => (uint)(index - First) < (uint)Count;

    /// <summary>How many of them, from the first one on, lie in a range that contains the first one.</summary>
    internal int CountWithin(in MemoryDescriptor range)
    {
        if (Stride == 0)
        {
            return Count;
        }

        var room = range.Length - (Address - range.Address) - Length; // what the first one leaves behind itself
        return (int)Math.Min((ulong)(Count - 1), room / Stride) + 1;
    }

    /// <summary>The run without its first <paramref name="count"/> descriptors; at least one is left.</summary>
    internal DescriptorRun Without(int count) => this with { Address = AddressOf(First + count), First = First + count, Count = Count - count };
}
