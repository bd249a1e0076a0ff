using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>One message of the handshake, a packet of its own. Little-endian; the same head for every kind, unused fields zero.</summary>
/// <remarks>
/// <code>
///  0  u32  "NXSC"               16  u64  feature bits
///  4  u16  kind                 24  u64  number of a memory object
///  6  u16  version, or highest  32  u64  size of the object or of the ring's data
///  8  u16  lowest version       40  16 B proof
/// 10  u16  length of the text   56       text, UTF-8: a name or a reason
/// 12  u32  0
/// </code>
/// </remarks>
internal sealed record ControlMessage(ControlKind Kind)
{
    /// <summary>The longest text: an agent's name.</summary>
    internal const int TextBytesMax = 1024;

    /// <summary>The longest message.</summary>
    internal const int BytesMax = HeadBytes + TextBytesMax;

    private const uint Magic = 0x4353_584E;
    private const int HeadBytes = 56;

    public ushort Version { get; init; } = Protocol.VersionMax;

    public ushort VersionMin { get; init; } = Protocol.VersionMin;

    public ulong Features { get; init; } = Protocol.Features;

    public ulong Number { get; init; }

    public ulong Size { get; init; }

    public ReadOnlyMemory<byte> Proof { get; init; }

    public string Text { get; init; } = "";

    /// <summary>Writes the message; answers with its length.</summary>
    internal int Encode(Span<byte> bytes)
    {
        bytes[..HeadBytes].Clear();
        var text = Encoding.UTF8.GetBytes(Text, bytes[HeadBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], VersionMin);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], (ushort)text);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Features);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Size);
        Proof.Span.CopyTo(bytes.Slice(40, ConnectionInfo.ProofBytes));
        return HeadBytes + text;
    }

    /// <summary>Reads a message; false when it is cut short or none of this protocol.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ControlMessage? message)
    {
        message = null;
        if (bytes.Length is < HeadBytes or > BytesMax || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return false;
        }

        var text = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        if (text > bytes.Length - HeadBytes)
        {
            return false;
        }

        message = new ControlMessage((ControlKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]))
        {
            Version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            VersionMin = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
            Features = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            Number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            Size = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            Proof = bytes.Slice(40, ConnectionInfo.ProofBytes).ToArray(),
            Text = Encoding.UTF8.GetString(bytes.Slice(HeadBytes, text)),
        };
        return true;
    }
}
