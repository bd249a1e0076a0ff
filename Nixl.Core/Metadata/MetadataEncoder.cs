using System.Buffers;
using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>Writes the records of a metadata blob in upstream's order.</summary>
internal static class MetadataEncoder
{
    // Tag-less record around a descriptor: 8 bytes length, 24 bytes range, 1 separator; the rest covers names and counts of one record group.
    private const int RegionOverheadBytes = SerDesFormat.OverheadBytes + DescriptorBytes.Size;
    private const int GroupOverheadBytes = 160;

    internal static byte[] Encode(AgentMetadata metadata)
    {
        Validate(metadata);
        using var output = new PooledWriter(EstimateSize(metadata));
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
        foreach (var section in metadata.Sections.OrderBy(section => section.Type))
        {
            WriteSection(writer, section);
        }

        if (metadata.Extension is not null)
        {
            writer.WriteBytes(MetadataTags.Extension, MetadataExtensionCodec.Encode(metadata.Extension));
        }

        output.Write(metadata.TrailingBytes.Span);
        return output.ToArray();
    }

    private static void WriteSection(SerDesWriter writer, MetadataSection section)
    {
        writer.WriteString(MetadataTags.Backend, section.Backend);
        writer.WriteBytes(MetadataTags.List, MetadataTags.SectionList);
        writer.WriteUInt32(MetadataTags.Type, (uint)section.Type);
        writer.WriteUInt64(MetadataTags.Count, (ulong)section.Regions.Count);
        Span<byte> range = stackalloc byte[DescriptorBytes.Size];
        var regions = IsSorted(section.Regions) ? section.Regions : [.. section.Regions.OrderBy(static region => region.Range)];
        for (var i = 0; i < regions.Count; i++)
        {
            var region = regions[i];
            DescriptorBytes.Write(range, region.Range);
            writer.WriteBytes(MetadataTags.None, range, region.PublicData.Span);
        }
    }

    private static bool IsSorted(IReadOnlyList<MetadataRegion> regions)
    {
        for (var i = 1; i < regions.Count; i++)
        {
            if (regions[i].Range < regions[i - 1].Range)
            {
                return false;
            }
        }

        return true;
    }

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

    private static int EstimateSize(AgentMetadata metadata)
    {
        long size = GroupOverheadBytes * (4L + metadata.Connections.Count + metadata.Sections.Count) + metadata.TrailingBytes.Length;
        foreach (var connection in metadata.Connections)
        {
            size += connection.Info.Length;
        }

        foreach (var section in metadata.Sections)
        {
            size += section.Regions.Count * (long)(RegionOverheadBytes + section.Regions[0].PublicData.Length); // keys of one engine are about as long
        }

        return (int)Math.Min(size, Array.MaxLength);
    }
}
