namespace Nixl.Metadata;

/// <summary>One registered range that an agent exposes through one backend.</summary>
/// <param name="Range">The range. It comes from the peer and may overflow: see <see cref="MemoryDescriptor.IsValid"/>.</param>
/// <param name="PublicData">What the backend needs to address it, such as a packed remote key. After decoding a slice of the blob.</param>
public readonly record struct MetadataRegion(MemoryDescriptor Range, ReadOnlyMemory<byte> PublicData);
