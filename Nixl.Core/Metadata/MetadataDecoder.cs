using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>Reads one metadata blob. The statuses are upstream's: Mismatch for the frame of the blob, InvalidParam and NotFound for its sections.</summary>
internal ref struct MetadataDecoder(ReadOnlyMemory<byte> blob, MetadataLimits limits)
{
    // The shortest legal records: the two of a connection with one byte each, the name alone of a section (so that damage further inside is reported
    // where it is), the one of a region without public data.
    private const int ConnectionBytesMin = 22;
    private const int SectionBytesMin = 14;
    private const int RegionBytesMin = 33;

    private SerDesReader _reader;
    private int _regions;

    /// <summary>Why <see cref="Decode"/> returned null.</summary>
    internal MetadataError Error { get; private set; }

    internal AgentMetadata? Decode()
    {
        if (blob.Length > limits.BytesMax)
        {
            return Refuse<AgentMetadata>(NixlStatus.NotAllowed, $"The blob has {blob.Length} bytes; the limit is {limits.BytesMax}.");
        }

        if (!SerDesReader.TryCreate(blob.Span, out _reader))
        {
            return Refuse<AgentMetadata>(NixlStatus.Mismatch);
        }

        var name = ReadName(MetadataTags.Agent, NixlStatus.Mismatch);
        var connections = name is null ? null : ReadConnections();
        var sections = connections is null ? null : ReadSections();
        if (sections is null || !TryReadExtension(out var extension))
        {
            return null;
        }

        return new AgentMetadata
        {
            AgentName = name!,
            Connections = connections!,
            Sections = sections,
            Extension = extension,
            TrailingBytes = blob[_reader.Offset..],
        };
    }

    private BackendConnection[]? ReadConnections()
    {
        if (!_reader.TryReadUInt64(MetadataTags.Connections, out var count))
        {
            return Refuse<BackendConnection[]>(NixlStatus.Mismatch);
        }

        if (!TryCheckCount(count, ConnectionBytesMin, limits.ConnectionsMax, "connections", NixlStatus.Mismatch))
        {
            return null;
        }

        var connections = new BackendConnection[count];
        for (var i = 0; i < connections.Length; i++)
        {
            var backend = ReadName(MetadataTags.Type, NixlStatus.Mismatch);
            if (backend is null)
            {
                return null;
            }

            if (!_reader.TryReadRange(MetadataTags.ConnectionInfo, out var offset, out var length))
            {
                return Refuse<BackendConnection[]>(NixlStatus.Mismatch);
            }

            if (length == 0)
            {
                return Refuse<BackendConnection[]>(NixlStatus.Mismatch, $"The connection info of backend {backend} is empty.");
            }

            connections[i] = new BackendConnection(backend, blob.Slice(offset, length));
        }

        return connections;
    }

    private MetadataSection[]? ReadSections()
    {
        if (!_reader.TryReadBytes(MetadataTags.None, out var mark) || !_reader.TryReadUInt64(MetadataTags.SectionCount, out var count))
        {
            return Refuse<MetadataSection[]>(NixlStatus.Mismatch);
        }

        if (!mark.SequenceEqual(MetadataTags.SectionMark))
        {
            return Refuse<MetadataSection[]>(NixlStatus.Mismatch, "The record after the connections is not 'MemSection'.");
        }

        if (!TryCheckCount(count, SectionBytesMin, limits.SectionsMax, "sections", NixlStatus.InvalidParam))
        {
            return null;
        }

        var sections = new MetadataSection[count];
        for (var i = 0; i < sections.Length; i++)
        {
            if (ReadSection() is not { } section)
            {
                return null;
            }

            sections[i] = section;
        }

        return sections;
    }

    private MetadataSection? ReadSection()
    {
        var backend = ReadName(MetadataTags.Backend, NixlStatus.InvalidParam);
        if (backend is null)
        {
            return null;
        }

        if (!_reader.TryReadBytes(MetadataTags.List, out var kind)
            || !_reader.TryReadUInt32(MetadataTags.Type, out var type)
            || !_reader.TryReadUInt64(MetadataTags.Count, out var count))
        {
            return Refuse<MetadataSection>(NixlStatus.NotFound);
        }

        if (!kind.SequenceEqual(MetadataTags.SectionList) || !Enum.IsDefined((MemoryType)type) || count == 0)
        {
            return Refuse<MetadataSection>(NixlStatus.NotFound, $"A section of backend {backend} is not a filled list of descriptors of a known memory type.");
        }

        if (!TryCheckCount(count, RegionBytesMin, limits.RegionsMax - _regions, "regions", NixlStatus.NotFound) || ReadRegions((int)count) is not { } regions)
        {
            return null;
        }

        _regions += regions.Count;
        return new MetadataSection(backend, (MemoryType)type, regions);
    }

    private IReadOnlyList<MetadataRegion>? ReadRegions(int count)
    {
        var places = GC.AllocateUninitializedArray<(int Offset, int Length)>(count);
        var last = default(MemoryDescriptor);
        var sorted = true;
        for (var i = 0; i < places.Length; i++)
        {
            if (!_reader.TryReadRange(MetadataTags.None, out var offset, out var length))
            {
                return Refuse<MetadataRegion[]>(NixlStatus.NotFound);
            }

            if (length < DescriptorBytes.Size)
            {
                return Refuse<MetadataRegion[]>(NixlStatus.NotFound, $"The descriptor at offset {offset} has {length} bytes; 24 are needed.");
            }

            places[i] = (offset, length);
            var range = DescriptorBytes.Read(blob.Span[offset..]);
            sorted &= i == 0 || last <= range;
            last = range;
        }

        var regions = new EncodedRegions(blob, places);
        return sorted ? regions : [.. regions.OrderBy(static region => region.Range)];
    }

    private bool TryReadExtension(out MetadataExtension? extension)
    {
        extension = null;
        if (!_reader.IsNext(MetadataTags.Extension))
        {
            return true; // nothing, or somebody else's bytes: both are legal here
        }

        var start = _reader;
        if (!_reader.TryReadBytes(MetadataTags.Extension, out var payload))
        {
            Refuse<AgentMetadata>(NixlStatus.Mismatch);
            return false;
        }

        if (!MetadataExtensionCodec.IsKnown(payload))
        {
            _reader = start; // a later major version: left among the trailing bytes, as any record that is not understood
            return true;
        }

        if (MetadataExtensionCodec.TryDecode(payload, out extension))
        {
            return true;
        }

        Refuse<AgentMetadata>(NixlStatus.Mismatch, $"The record 'nixl.net' at offset {start.Offset} is damaged.");
        return false;
    }

    private string? ReadName(ReadOnlySpan<byte> tag, NixlStatus otherwise)
    {
        if (!_reader.TryReadString(tag, out var name))
        {
            return Refuse<string>(otherwise);
        }

        if (name.Length == 0)
        {
            return Refuse<string>(otherwise, $"The record '{System.Text.Encoding.ASCII.GetString(tag)}' before offset {_reader.Offset} is empty.");
        }

        return AgentNames.IsValid(name, limits.NameBytesMax, out var reason) ? name : Refuse<string>(NixlStatus.InvalidParam, reason);
    }

    private bool TryCheckCount(ulong count, int bytesMin, int max, string what, NixlStatus otherwise)
    {
        if (count > (ulong)(_reader.Remaining / bytesMin))
        {
            Refuse<AgentMetadata>(otherwise, $"The blob states {count} {what} before offset {_reader.Offset}, more than the {_reader.Remaining} bytes that follow can hold.");
            return false;
        }

        if (count > (ulong)max)
        {
            Refuse<AgentMetadata>(NixlStatus.NotAllowed, $"The blob states {count} {what}; the limit leaves room for {max}.");
            return false;
        }

        return true;
    }

    private T? Refuse<T>(NixlStatus status, string? reason = null) where T : class
    {
        Error = new MetadataError(status, reason ?? _reader.Error.ToString());
        return null;
    }
}
