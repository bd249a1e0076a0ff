using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>The payload of the record <c>nixl.net</c>. The layout is written down in docs/metadata-format.md.</summary>
/// <remarks>Within a major version fields are only appended: a reader ignores what it does not know at the end. Another major version is not read at all.</remarks>
internal static class MetadataExtensionCodec
{
    private const ushort Major = 1;

    // 1 says that what was appended then is there; without it the record is that of minor version 0, to the byte.
    private const ushort MinorOfListener = 1;

    // Offsets of the fixed part; all integers little-endian, identifiers in the byte order of their text form.
    private const int MajorOffset = 4;
    private const int MinorOffset = 6;
    private const int IncarnationOffset = 8;
    private const int SequenceOffset = 24;
    private const int ScopeOffset = 32;
    private const int FeaturesOffset = 36;
    private const int BootIdOffset = 44;
    private const int PidNamespaceOffset = 60;
    private const int NetworkNamespaceOffset = 68;
    private const int ProcessIdOffset = 76;
    private const int LibraryCountOffset = 80;
    private const int FixedBytes = 82;
    private const int GuidBytes = 16;

    private static ReadOnlySpan<byte> Magic => "NXNT"u8;

    internal static byte[] Encode(MetadataExtension extension)
    {
        if (!Enum.IsDefined(extension.Scope) || extension.Libraries.Count > MetadataExtension.LibrariesMax)
        {
            throw Invalid($"The scope must be full or partial and at most {MetadataExtension.LibrariesMax} libraries can be named.");
        }

        var output = new ArrayBufferWriter<byte>();
        var span = output.GetSpan(FixedBytes);
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[MajorOffset..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(span[MinorOffset..], extension.Listener.Length > 0 ? MinorOfListener : (ushort)0);
        extension.Incarnation.TryWriteBytes(span[IncarnationOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(span[SequenceOffset..], extension.Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(span[ScopeOffset..], (uint)extension.Scope);
        BinaryPrimitives.WriteUInt64LittleEndian(span[FeaturesOffset..], extension.Features);
        extension.Host.BootId.TryWriteBytes(span[BootIdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(span[PidNamespaceOffset..], extension.Host.PidNamespace);
        BinaryPrimitives.WriteUInt64LittleEndian(span[NetworkNamespaceOffset..], extension.Host.NetworkNamespace);
        BinaryPrimitives.WriteUInt32LittleEndian(span[ProcessIdOffset..], extension.Host.ProcessId);
        BinaryPrimitives.WriteUInt16LittleEndian(span[LibraryCountOffset..], (ushort)extension.Libraries.Count);
        output.Advance(FixedBytes);
        foreach (var library in extension.Libraries)
        {
            WriteText(output, library.Name);
            WriteText(output, library.Version);
        }

        if (extension.Listener.Length > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), extension.HeartbeatMs);
            output.Advance(sizeof(int));
            WriteText(output, extension.Listener);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether the payload is this implementation's and of a major version that <see cref="TryDecode"/> reads.</summary>
    internal static bool IsKnown(ReadOnlySpan<byte> payload)
        => payload.Length >= MinorOffset
            && payload.StartsWith(Magic)
            && BinaryPrimitives.ReadUInt16LittleEndian(payload[MajorOffset..]) == Major;

    /// <summary>Decodes a known payload; false when it is too short or says what this major version cannot say.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out MetadataExtension? extension)
    {
        extension = null;
        if (payload.Length < FixedBytes)
        {
            return false;
        }

        var scope = (MetadataScope)BinaryPrimitives.ReadUInt32LittleEndian(payload[ScopeOffset..]);
        var libraryCount = BinaryPrimitives.ReadUInt16LittleEndian(payload[LibraryCountOffset..]);
        if (!Enum.IsDefined(scope)
            || libraryCount > MetadataExtension.LibrariesMax
            || !TryReadLibraries(payload[FixedBytes..], libraryCount, out var libraries, out var appended))
        {
            return false;
        }

        var host = new HostIdentity(
            ReadGuid(payload, BootIdOffset),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[PidNamespaceOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[NetworkNamespaceOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(payload[ProcessIdOffset..]));
        extension = new MetadataExtension(
            ReadGuid(payload, IncarnationOffset),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[SequenceOffset..]),
            scope,
            BinaryPrimitives.ReadUInt64LittleEndian(payload[FeaturesOffset..]),
            host,
            libraries);
        if (BinaryPrimitives.ReadUInt16LittleEndian(payload[MinorOffset..]) >= MinorOfListener)
        {
            extension = WithListener(extension, appended) ?? extension;
        }

        return true;
    }

    private static MetadataExtension? WithListener(MetadataExtension extension, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(int))
        {
            return null;
        }

        var heartbeatMs = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bytes = bytes[sizeof(int)..];
        return heartbeatMs >= 0 && TryReadText(ref bytes, out var listener)
            ? extension with { HeartbeatMs = heartbeatMs, Listener = listener }
            : null;
    }

    private static bool TryReadLibraries(ReadOnlySpan<byte> bytes, int count, out LibraryVersion[] libraries, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        libraries = new LibraryVersion[count];
        for (var i = 0; i < count; i++)
        {
            if (!TryReadText(ref bytes, out var name) || !TryReadText(ref bytes, out var version))
            {
                return false;
            }

            libraries[i] = new LibraryVersion(name, version);
        }

        rest = bytes;
        return true;
    }

    private static Guid ReadGuid(ReadOnlySpan<byte> payload, int offset) => new(payload.Slice(offset, GuidBytes), bigEndian: true);

    private static bool TryReadText(ref ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (bytes.IsEmpty || bytes.Length - 1 < bytes[0])
        {
            return false;
        }

        try
        {
            text = SerDesFormat.StrictUtf8.GetString(bytes.Slice(1, bytes[0]));
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        bytes = bytes[(1 + bytes[0])..];
        return !text.Any(char.IsControl); // it stands in logs
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        if (!AgentNames.IsValid(text, byte.MaxValue, out var reason))
        {
            throw Invalid($"The listener, or the library name or version, '{text}' cannot be sent. {reason}");
        }

        var span = output.GetSpan(1 + byte.MaxValue);
        var length = SerDesFormat.StrictUtf8.GetBytes(text, span[1..]);
        span[0] = (byte)length;
        output.Advance(1 + length);
    }

    private static NixlException Invalid(string detail) => new(NixlStatus.InvalidParam, "EncodeMetadata", detail);
}
