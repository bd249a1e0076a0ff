namespace Nixl.Discovery;

/// <summary>What an agent of this implementation says about itself in a store, beside its metadata. The bytes are described in docs/metadata-format.md.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Incarnation">A random number of its life; the one in its metadata.</param>
/// <param name="State">Whether it is there.</param>
public sealed record PresenceRecord(string Agent, Guid Incarnation, PresenceState State)
{
    /// <summary>The sequence number of the metadata that is published in full; 0 while there is none.</summary>
    public ulong Sequence { get; init; }

    /// <summary>How often its listener sends heartbeats to whoever asks, in milliseconds; 0 when it sends none.</summary>
    public int HeartbeatMs { get; init; }

    /// <summary>Where its listener is reached, as <c>host:port</c>; empty when it has none.</summary>
    public string Listener { get; init; } = "";

    /// <summary>What it offers beyond NIXL's protocols; bits that are not known are ignored.</summary>
    public ulong Features { get; init; }

    /// <summary>The record as a store keeps it.</summary>
    public byte[] Encode() => PresenceRecordCodec.Encode(this);

    /// <summary>Reads a record; false when the bytes are none, or of a version that has none in common with this one.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PresenceRecord? record) => PresenceRecordCodec.TryDecode(bytes, out record);
}
