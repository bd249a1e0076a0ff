namespace Nixl;

/// <summary>Equally long ranges at equal distances, such as one layer's part of every block of a cache: <see cref="DescriptorList.Add(StridedDescriptor)"/>
/// writes them out.</summary>
/// <param name="Address">Where the first range begins.</param>
/// <param name="Length">Length of each range in bytes.</param>
/// <param name="Stride">Bytes from the beginning of one range to the beginning of the next. Shorter than the length, the ranges overlap.</param>
/// <param name="Count">How many ranges there are; not negative.</param>
/// <param name="DeviceId">What the ranges live on, as in <see cref="MemoryDescriptor.DeviceId"/>.</param>
public readonly record struct StridedDescriptor(ulong Address, ulong Length, ulong Stride, int Count, ulong DeviceId = 0)
{
    /// <summary>Whether the count is not negative and the last range ends within the 64-bit address space.</summary>
    public bool IsValid
    {
        get
        {
            if (Count <= 0)
            {
                return Count == 0;
            }

            var end = (UInt128)Address + (UInt128)Stride * (UInt128)(Count - 1) + Length;
            return end <= ulong.MaxValue;
        }
    }
}
