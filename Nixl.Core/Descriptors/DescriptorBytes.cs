using System.Buffers.Binary;

namespace Nixl;

/// <summary>A descriptor as NIXL serializes it: address, length and device id, 8 bytes each, little-endian.</summary>
internal static class DescriptorBytes
{
    /// <summary>Bytes of one serialized descriptor.</summary>
    internal const int Size = 24;

    /// <summary>Reads the first 24 bytes of <paramref name="bytes"/>; the caller has checked that they are there.</summary>
    internal static MemoryDescriptor Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));

    /// <summary>Writes <paramref name="descriptor"/> to the first 24 bytes of <paramref name="bytes"/>.</summary>
    internal static void Write(Span<byte> bytes, in MemoryDescriptor descriptor)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, descriptor.Address);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], descriptor.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], descriptor.DeviceId);
    }
}
