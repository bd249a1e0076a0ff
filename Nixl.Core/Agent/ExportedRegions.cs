using System.Collections;
using Nixl.Backends;
using Nixl.Metadata;

namespace Nixl.Agent;

/// <summary>Registered regions as the metadata names them: those in use, and of several over one range the oldest, because peers refuse a range with a second
/// key.</summary>
internal sealed class ExportedRegions : ISortedRegions
{
    private readonly BackendMemory[] _regions;

    /// <summary>Takes the regions over, which are sorted.</summary>
    internal ExportedRegions(BackendMemory[] sorted)
    {
        _regions = sorted;
        var last = default(MemoryDescriptor);
        foreach (var region in sorted)
        {
            if (region.IsRetired || (Count > 0 && region.Range == last))
            {
                continue;
            }

            last = region.Range;
            PublicDataBytes += region.PublicData.Length;
            sorted[Count++] = region;
        }
    }

    public int Count { get; }

    public long PublicDataBytes { get; }

    public MetadataRegion this[int index] => new(_regions[index].Range, _regions[index].PublicData);

    public int WriteTo(Span<byte> destination)
    {
        var written = 0;
        foreach (var region in _regions.AsSpan(0, Count))
        {
            written += MetadataEncoder.PutRegion(destination[written..], region.Range, region.PublicData.Span);
        }

        return written;
    }

    public IEnumerator<MetadataRegion> GetEnumerator() => _regions.Take(Count).Select(static region => new MetadataRegion(region.Range, region.PublicData)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
