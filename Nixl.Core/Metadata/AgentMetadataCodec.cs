using System.Diagnostics.CodeAnalysis;

namespace Nixl.Metadata;

/// <summary>Turns <see cref="AgentMetadata"/> into the bytes that NIXL's agents exchange, and back.</summary>
/// <remarks>The bytes are upstream's, exactly, up to the last section; <see cref="AgentMetadata.Extension"/> follows where upstream reads no more. Thread-safe.</remarks>
public static class AgentMetadataCodec
{
    /// <summary>Encodes <paramref name="metadata"/>. Sections are ordered by memory type and their regions by device, address and length, as upstream does.</summary>
    /// <exception cref="NixlException"><see cref="NixlStatus.InvalidParam"/>: something in it could not be read back, such as an empty name or section, or a
    /// name that contains <c>NIXLCOMM:</c>.</exception>
    public static byte[] Encode(AgentMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return MetadataEncoder.Encode(metadata);
    }

    /// <summary>Decodes a blob that a peer sent. Never throws on any input; takes time and memory in proportion to the blob's length.</summary>
    /// <param name="blob">The bytes. The result refers to them: they must not change while it is in use.</param>
    /// <param name="limits">What is accepted at most.</param>
    /// <param name="metadata">The result, or null.</param>
    /// <param name="error">Why the blob was refused, with the status that upstream gives for it.</param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> blob, MetadataLimits limits, [NotNullWhen(true)] out AgentMetadata? metadata, out MetadataError error)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var decoder = new MetadataDecoder(blob, limits);
        metadata = decoder.Decode();
        error = decoder.Error;
        return metadata is not null;
    }
}
