using System.Buffers.Binary;
using Nixl.Metadata;

namespace Nixl.Liveness;

/// <summary>One message of the heartbeat protocol: a command of the direct exchange that only agents of this implementation send. The bytes are described in
/// docs/metadata-format.md.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Incarnation">The sender's.</param>
/// <param name="Sequence">Metadata of the sender with a lower sequence number is out of date.</param>
/// <param name="IntervalMs">How often the sender sends, or wants to be sent to.</param>
internal readonly record struct Heartbeat(HeartbeatKind Kind, Guid Incarnation, ulong Sequence, int IntervalMs)
{
    /// <summary>Bytes of the payload that every version has.</summary>
    internal const int PayloadBytes = 48;

    /// <summary>A whole frame with nothing appended.</summary>
    internal static readonly int FrameBytes = DirectProtocol.PreambleBytes + PayloadBytes;

    private const ushort Version = 1;
    private const int OldestOffset = 4;
    private const int NewestOffset = 6;
    private const int FeaturesOffset = 8;
    private const int KindOffset = 16;
    private const int IntervalOffset = 20;
    private const int IncarnationOffset = 24;
    private const int SequenceOffset = 40;
    private const int GuidBytes = 16;

    private static ReadOnlySpan<byte> Magic => "NXHB"u8;

    /// <summary>The message as a frame of its own.</summary>
    internal byte[] ToFrame()
    {
        var frame = new byte[FrameBytes];
        DirectProtocol.Preamble(DirectProtocol.Beat, PayloadBytes).CopyTo(frame, 0);
        var payload = frame.AsSpan(DirectProtocol.PreambleBytes);
        Magic.CopyTo(payload);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[OldestOffset..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[NewestOffset..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[FeaturesOffset..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[KindOffset..], (uint)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(payload[IntervalOffset..], IntervalMs);
        Incarnation.TryWriteBytes(payload[IncarnationOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[SequenceOffset..], Sequence);
        return frame;
    }

    /// <summary>Reads a payload; false when it is none, or of a version that has none in common with this one.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> payload, out Heartbeat heartbeat)
    {
        heartbeat = default;
        if (payload.Length < PayloadBytes
            || !payload.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(payload[OldestOffset..]) > Version
            || BinaryPrimitives.ReadUInt16LittleEndian(payload[NewestOffset..]) < Version)
        {
            return false;
        }

        var kind = (HeartbeatKind)BinaryPrimitives.ReadUInt32LittleEndian(payload[KindOffset..]);
        heartbeat = new Heartbeat(
            kind,
            new Guid(payload.Slice(IncarnationOffset, GuidBytes), bigEndian: true),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[SequenceOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(payload[IntervalOffset..]));
        return Enum.IsDefined(kind) && heartbeat.IntervalMs >= 0;
    }
}
