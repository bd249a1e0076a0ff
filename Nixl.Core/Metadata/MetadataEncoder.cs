using System.Buffers;
using System.Buffers.Binary;
using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>Writes the records of a metadata blob in upstream's order.</summary>
internal static class MetadataEncoder
{
    // A record without a tag around a descriptor, before the public data.
    private const int RegionBytes = SerDesFormat.OverheadBytes + DescriptorBytes.Size;

    internal static byte[] Encode(AgentMetadata metadata)
    {
        Validate(metadata);
        MeasuredSection[] sections = [.. metadata.Sections.OrderBy(static section => section.Type).Select(Measure)];
        var extension = metadata.Extension is null ? null : MetadataExtensionCodec.Encode(metadata.Extension);
        var size = SizeOf(metadata, sections, extension);
        Require(size <= Array.MaxLength, $"The metadata would have {size} bytes, more than an array can hold.");
        var output = new SizedWriter((int)size);
        var writer = SerDesWriter.Begin(output);
        writer.WriteString(MetadataTags.Agent, metadata.AgentName);
        writer.WriteUInt64(MetadataTags.Connections, (ulong)metadata.Connections.Count);
        foreach (var connection in metadata.Connections)
        {
            writer.WriteString(MetadataTags.Type, connection.Backend);
            writer.WriteBytes(MetadataTags.ConnectionInfo, connection.Info.Span);
        }

        writer.WriteBytes(MetadataTags.None, MetadataTags.SectionMark);
        writer.WriteUInt64(MetadataTags.SectionCount, (ulong)metadata.Sections.Count);
        foreach (var section in sections)
        {
            writer.WriteString(MetadataTags.Backend, section.Backend);
            writer.WriteBytes(MetadataTags.List, MetadataTags.SectionList);
            writer.WriteUInt32(MetadataTags.Type, (uint)section.Type);
            writer.WriteUInt64(MetadataTags.Count, (ulong)section.Regions.Count);
            WriteRegions(output, section);
        }

        if (extension is not null)
        {
            writer.WriteBytes(MetadataTags.Extension, extension);
        }

        if (!metadata.TrailingBytes.IsEmpty)
        {
            output.Write(metadata.TrailingBytes.Span); // which asks for room even to write nothing
        }

        return output.Finish();
    }

    /// <summary>A blob that begins as another one did and ends with another trailing record.</summary>
    /// <param name="body">The other one without its trailing record.</param>
    /// <param name="extension">The record; null for none.</param>
    internal static byte[] Encode(ReadOnlySpan<byte> body, MetadataExtension? extension)
    {
        if (extension is null)
        {
            return body.ToArray();
        }

        var record = MetadataExtensionCodec.Encode(extension);
        var output = new SizedWriter(checked((int)(body.Length + SizeOf(MetadataTags.Extension, record.Length))));
        output.Write(body);
        SerDesWriter.Continue(output).WriteBytes(MetadataTags.Extension, record);
        return output.Finish();
    }

    /// <summary>How long a blob is without its trailing record.</summary>
    internal static int BodyBytes(ReadOnlySpan<byte> blob, MetadataExtension? extension)
        => extension is null ? blob.Length : (int)(blob.Length - SizeOf(MetadataTags.Extension, MetadataExtensionCodec.Encode(extension).Length));

    /// <summary>All in one piece: there are thousands, and they are short.</summary>
    private static void WriteRegions(SizedWriter output, in MeasuredSection section)
    {
        var free = output.GetSpan((int)section.Bytes);
        if (section.Regions is ISortedRegions sorted)
        {
            output.Advance(sorted.WriteTo(free));
            return;
        }

        var written = 0;
        for (var i = 0; i < section.Regions.Count; i++)
        {
            var region = section.Regions[i];
            written += PutRegion(free[written..], region.Range, region.PublicData.Span);
        }

        output.Advance(written);
    }

    /// <summary>Writes the record of a region, which has no tag, to the beginning of <paramref name="destination"/>.</summary>
    /// <returns>How many bytes it takes.</returns>
    internal static int PutRegion(Span<byte> destination, in MemoryDescriptor range, ReadOnlySpan<byte> publicData)
    {
        const int head = SerDesFormat.LengthBytes + DescriptorBytes.Size;
        destination = destination[..(head + publicData.Length + 1)];
        BinaryPrimitives.WriteUInt64LittleEndian(destination, (ulong)(DescriptorBytes.Size + publicData.Length));
        DescriptorBytes.Write(destination[SerDesFormat.LengthBytes..], range);
        publicData.CopyTo(destination[head..]);
        destination[^1] = SerDesFormat.Separator;
        return destination.Length;
    }

    private static MeasuredSection Measure(MetadataSection section)
    {
        if (section.Regions is ISortedRegions known)
        {
            return new MeasuredSection(section.Backend, section.Type, known, (long)known.Count * RegionBytes + known.PublicDataBytes);
        }

        var (bytes, sorted, last) = (0L, true, default(MemoryDescriptor));
        for (var i = 0; i < section.Regions.Count; i++)
        {
            var region = section.Regions[i];
            sorted &= i == 0 || last <= region.Range;
            last = region.Range;
            bytes += RegionBytes + region.PublicData.Length;
        }

        return new MeasuredSection(section.Backend, section.Type, sorted ? section.Regions : [.. section.Regions.OrderBy(static region => region.Range)], bytes);
    }

    private static long SizeOf(AgentMetadata metadata, MeasuredSection[] sections, byte[]? extension)
    {
        var size = SerDesFormat.Magic.Length + SizeOf(MetadataTags.Agent, metadata.AgentName) + SizeOf(MetadataTags.Connections, sizeof(ulong))
            + SizeOf(MetadataTags.None, MetadataTags.SectionMark.Length) + SizeOf(MetadataTags.SectionCount, sizeof(ulong)) + metadata.TrailingBytes.Length;
        foreach (var connection in metadata.Connections)
        {
            size += SizeOf(MetadataTags.Type, connection.Backend) + SizeOf(MetadataTags.ConnectionInfo, connection.Info.Length);
        }

        foreach (var section in sections)
        {
            size += SizeOf(MetadataTags.Backend, section.Backend) + SizeOf(MetadataTags.List, MetadataTags.SectionList.Length)
                + SizeOf(MetadataTags.Type, sizeof(uint)) + SizeOf(MetadataTags.Count, sizeof(ulong)) + section.Bytes;
        }

        return extension is null ? size : size + SizeOf(MetadataTags.Extension, extension.Length);
    }

    private static long SizeOf(ReadOnlySpan<byte> tag, string text) => SizeOf(tag, SerDesFormat.StrictUtf8.GetByteCount(text));

    private static long SizeOf(ReadOnlySpan<byte> tag, int payload) => (long)tag.Length + payload + SerDesFormat.OverheadBytes;

    private static void Validate(AgentMetadata metadata)
    {
        RequireName(metadata.AgentName, "agent");
        foreach (var connection in metadata.Connections)
        {
            RequireName(connection.Backend, "backend");
            Require(!connection.Info.IsEmpty, $"The connection of backend {connection.Backend} has no info; NIXL's readers refuse an empty one.");
        }

        foreach (var section in metadata.Sections)
        {
            RequireName(section.Backend, "backend");
            Require(Enum.IsDefined(section.Type), $"A section of backend {section.Backend} has memory type {(int)section.Type}, which NIXL does not have.");
            Require(section.Regions.Count > 0, $"A section of backend {section.Backend} has no regions; NIXL's readers refuse an empty one.");
        }
    }

    private static void RequireName(string name, string what)
        => Require(AgentNames.IsValid(name, MetadataLimits.Default.NameBytesMax, out var reason), $"The {what} name '{name}' cannot be sent. {reason}");

    private static void Require(bool condition, string detail)
    {
        if (!condition)
        {
            throw new NixlException(NixlStatus.InvalidParam, "EncodeMetadata", detail);
        }
    }

    /// <summary>A section in the order that it is written in.</summary>
    /// <param name="Backend">The backend's name.</param>
    /// <param name="Type">The memory type.</param>
    /// <param name="Regions">The regions, sorted.</param>
    /// <param name="Bytes">How many bytes their records take.</param>
    private readonly record struct MeasuredSection(string Backend, MemoryType Type, IReadOnlyList<MetadataRegion> Regions, long Bytes);
}
