using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Nixl.Discovery;

/// <summary>What tells a reader of this implementation how to put metadata together that a store holds in parts. The bytes are described in docs/metadata-format.md.</summary>
/// <param name="Generation">A random number: the parts' keys carry it, so that parts of two publications are never mixed.</param>
/// <param name="Parts">How many there are.</param>
/// <param name="Bytes">The length of the whole.</param>
/// <param name="Digest">SHA-256 of the whole.</param>
public sealed record SplitManifest(Guid Generation, int Parts, long Bytes, ReadOnlyMemory<byte> Digest)
{
    private const ushort Version = 1;
    private const int OldestOffset = 4;
    private const int NewestOffset = 6;
    private const int FeaturesOffset = 8;
    private const int GenerationOffset = 16;
    private const int PartsOffset = 32;
    private const int BytesOffset = 36;
    private const int DigestOffset = 44;
    private const int TotalBytes = DigestOffset + SHA256.HashSizeInBytes;
    private const int GuidBytes = 16;

    // Far more than a store's limit makes of the largest metadata.
    private const int PartsMax = 4096;

    private static ReadOnlySpan<byte> Magic => "NXSP"u8;

    /// <summary>The manifest of a blob that is cut into parts of <paramref name="partBytes"/>, the last one shorter.</summary>
    public static SplitManifest Of(ReadOnlySpan<byte> blob, int partBytes)
        => new(Guid.NewGuid(), (int)(((long)blob.Length + partBytes - 1) / partBytes), blob.Length, SHA256.HashData(blob));

    /// <summary>The end of a part's key.</summary>
    public string PartName(int index) => $"{Generation:N}/{index:d4}";

    /// <summary>The manifest as a store keeps it.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[TotalBytes];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[OldestOffset..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(span[NewestOffset..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(span[FeaturesOffset..], 0);
        Generation.TryWriteBytes(span[GenerationOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(span[PartsOffset..], Parts);
        BinaryPrimitives.WriteInt64LittleEndian(span[BytesOffset..], Bytes);
        Digest.Span.CopyTo(span[DigestOffset..]);
        return bytes;
    }

    /// <summary>Reads a manifest; false when the bytes are none, of another version, or state more than <paramref name="bytesMax"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, long bytesMax, [NotNullWhen(true)] out SplitManifest? manifest)
    {
        manifest = null;
        if (bytes.Length < TotalBytes
            || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[OldestOffset..]) > Version
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[NewestOffset..]) < Version)
        {
            return false;
        }

        var parts = BinaryPrimitives.ReadInt32LittleEndian(bytes[PartsOffset..]);
        var total = BinaryPrimitives.ReadInt64LittleEndian(bytes[BytesOffset..]);
        if (parts is < 1 or > PartsMax || total < parts || total > bytesMax)
        {
            return false;
        }

        var digest = bytes.Slice(DigestOffset, SHA256.HashSizeInBytes).ToArray();
        manifest = new SplitManifest(new Guid(bytes.Slice(GenerationOffset, GuidBytes), bigEndian: true), parts, total, digest);
        return true;
    }

    /// <summary>Puts the parts together; null when one is missing, or they are not what was cut.</summary>
    public byte[]? Join(IReadOnlyList<ReadOnlyMemory<byte>?> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count != Parts || parts.Any(static part => part is null) || parts.Sum(static part => (long)part!.Value.Length) != Bytes)
        {
            return null;
        }

        var whole = new byte[Bytes];
        var at = 0;
        foreach (var part in parts)
        {
            part!.Value.CopyTo(whole.AsMemory(at));
            at += part.Value.Length;
        }

        return SHA256.HashData(whole).AsSpan().SequenceEqual(Digest.Span) ? whole : null;
    }
}
