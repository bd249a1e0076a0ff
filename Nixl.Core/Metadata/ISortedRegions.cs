namespace Nixl.Metadata;

/// <summary>Regions that are in the order in which they are written, and know how long they are: whoever gathered them has looked at each already.</summary>
internal interface ISortedRegions : IReadOnlyList<MetadataRegion>
{
    /// <summary>The sum of the lengths of their public data.</summary>
    long PublicDataBytes { get; }

    /// <summary>Writes a record of each (<see cref="MetadataEncoder.PutRegion"/>) to where there is room for all.</summary>
    /// <returns>How many bytes they take.</returns>
    int WriteTo(Span<byte> destination);
}
