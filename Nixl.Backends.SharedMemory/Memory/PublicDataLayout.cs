using System.Buffers;
using System.Buffers.Binary;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>What a peer must know to reach one registration: part of the agent's metadata. Little-endian, 40 bytes.</summary>
/// <remarks>
/// <code>
///  0  u8   layout, 1           16  u64  number of the memory object, 0 when there is none
///  1  u8   1 when read-only    24  u64  offset of the range in the object
///  2  u16  0                   32  u64  size of the object
///  4  u32  slot in the table of registrations
///  8  u64  generation of the slot
/// </code>
/// </remarks>
/// <param name="Slot">Where the page of life says whether the registration is in force.</param>
/// <param name="Generation">What stands there while it is.</param>
/// <param name="ObjectNumber">The memory object that the peer hands out a descriptor of; 0 for memory that is reached by the kernel's copy only.</param>
/// <param name="Offset">Offset of the range in the object.</param>
/// <param name="ObjectBytes">The object's size.</param>
/// <param name="IsReadOnly">Whether peers may only read.</param>
internal readonly record struct PublicDataLayout(
    int Slot, ulong Generation, ulong ObjectNumber, ulong Offset, ulong ObjectBytes, bool IsReadOnly = false)
{
    private const int Bytes = 40;
    private const byte Layout = 1;

    internal bool HasObject => ObjectNumber != 0;

    internal void Write(IBufferWriter<byte> destination)
    {
        var span = destination.GetSpan(Bytes)[..Bytes];
        span.Clear();
        span[0] = Layout;
        span[1] = (byte)(IsReadOnly ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], Slot);
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], ObjectNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], ObjectBytes);
        destination.Advance(Bytes);
    }

    /// <summary>Reads and checks a peer's bytes for a range of <paramref name="length"/> bytes; false when they cannot be what a peer of this layout wrote.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, ulong length, out PublicDataLayout data)
    {
        data = default;
        if (bytes.Length != Bytes || bytes[0] != Layout || bytes[1] > 1 || bytes[2] != 0 || bytes[3] != 0)
        {
            return false;
        }

        data = new PublicDataLayout(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            bytes[1] == 1);
        var isInside = data.Offset <= data.ObjectBytes && length <= data.ObjectBytes - data.Offset && data.ObjectBytes <= long.MaxValue;
        return data.Slot is >= 0 and < LifePage.SlotCount && (data.Generation & 1) != 0 && (!data.HasObject || isInside);
    }
}
