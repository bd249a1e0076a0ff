using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>A store that a plugin created for one agent.</summary>
/// <param name="Store">The store, not initialized yet; whoever receives this disposes it.</param>
/// <param name="Metadata">What it states about itself.</param>
internal sealed record MetadataStoreOwner(IMetadataStore Store, MetadataStoreMetadata Metadata);
