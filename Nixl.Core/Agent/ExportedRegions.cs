using System.Collections;
using Nixl.Backends;
using Nixl.Metadata;

namespace Nixl.Agent;

/// <summary>Registered regions as the metadata names them.</summary>
internal sealed class ExportedRegions(BackendMemory[] regions) : IReadOnlyList<MetadataRegion>
{
    public int Count => regions.Length;

    public MetadataRegion this[int index] => new(regions[index].Range, regions[index].PublicData);

    public IEnumerator<MetadataRegion> GetEnumerator() => regions.Select(static region => new MetadataRegion(region.Range, region.PublicData)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
