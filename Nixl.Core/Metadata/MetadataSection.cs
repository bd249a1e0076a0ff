namespace Nixl.Metadata;

/// <summary>The ranges of one memory type that an agent exposes through one backend.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Type">The memory type of every range.</param>
/// <param name="Regions">The ranges, at least one. Decoded sections are ordered by device, address and length; encoding puts them in that order.</param>
public sealed record MetadataSection(string Backend, MemoryType Type, IReadOnlyList<MetadataRegion> Regions);
