using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nixl.Metadata;
using Nixl.Serialization;

namespace Nixl.Discovery;

/// <summary>The bytes of a <see cref="PresenceRecord"/>. The layout is written down in docs/metadata-format.md.</summary>
/// <remarks>Fields are only appended. The range says which versions a reader may take the record for; a reader outside of it leaves it alone.</remarks>
internal static class PresenceRecordCodec
{
    /// <summary>The version that is written and read.</summary>
    internal const ushort Version = 1;

    private const int OldestOffset = 4;
    private const int NewestOffset = 6;
    private const int FeaturesOffset = 8;
    private const int IncarnationOffset = 16;
    private const int SequenceOffset = 32;
    private const int StateOffset = 40;
    private const int HeartbeatOffset = 44;
    private const int NameOffset = 48;
    private const int GuidBytes = 16;
    private const int ListenerBytesMax = 512;

    private static ReadOnlySpan<byte> Magic => "NXPR"u8;

    internal static byte[] Encode(PresenceRecord record)
    {
        var name = Text(record.Agent, MetadataLimits.Default.NameBytesMax);
        var listener = record.Listener.Length == 0 ? [] : Text(record.Listener, ListenerBytesMax);
        var bytes = new byte[NameOffset + (2 * sizeof(ushort)) + name.Length + listener.Length];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[OldestOffset..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(span[NewestOffset..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(span[FeaturesOffset..], record.Features);
        record.Incarnation.TryWriteBytes(span[IncarnationOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(span[SequenceOffset..], record.Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(span[StateOffset..], (uint)record.State);
        BinaryPrimitives.WriteInt32LittleEndian(span[HeartbeatOffset..], record.HeartbeatMs);
        WriteText(WriteText(span[NameOffset..], name), listener);
        return bytes;
    }

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PresenceRecord? record)
    {
        record = null;
        if (bytes.Length < NameOffset
            || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[OldestOffset..]) > Version
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[NewestOffset..]) < Version)
        {
            return false;
        }

        var state = (PresenceState)BinaryPrimitives.ReadUInt32LittleEndian(bytes[StateOffset..]);
        var heartbeat = BinaryPrimitives.ReadInt32LittleEndian(bytes[HeartbeatOffset..]);
        var rest = bytes[NameOffset..];
        if (!Enum.IsDefined(state)
            || heartbeat < 0
            || !TryReadText(ref rest, MetadataLimits.Default.NameBytesMax, out var name)
            || !TryReadText(ref rest, ListenerBytesMax, out var listener)
            || !AgentNames.IsValid(name, MetadataLimits.Default.NameBytesMax, out _))
        {
            return false;
        }

        record = new PresenceRecord(name, new Guid(bytes.Slice(IncarnationOffset, GuidBytes), bigEndian: true), state)
        {
            Sequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[SequenceOffset..]),
            Features = BinaryPrimitives.ReadUInt64LittleEndian(bytes[FeaturesOffset..]),
            HeartbeatMs = heartbeat,
            Listener = listener,
        };
        return true;
    }

    private static byte[] Text(string text, int bytesMax)
        => AgentNames.IsValid(text, bytesMax, out var reason)
            ? Encoding.UTF8.GetBytes(text)
            : throw new NixlException(NixlStatus.InvalidParam, "EncodePresence", reason);

    private static Span<byte> WriteText(Span<byte> output, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output, (ushort)text.Length);
        text.CopyTo(output[sizeof(ushort)..]);
        return output[(sizeof(ushort) + text.Length)..];
    }

    private static bool TryReadText(ref ReadOnlySpan<byte> bytes, int bytesMax, out string text)
    {
        text = "";
        if (bytes.Length < sizeof(ushort))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (length > bytesMax || length > bytes.Length - sizeof(ushort))
        {
            return false;
        }

        try
        {
            text = SerDesFormat.StrictUtf8.GetString(bytes.Slice(sizeof(ushort), length));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        bytes = bytes[(sizeof(ushort) + length)..];
        return !text.Any(char.IsControl);
    }
}
