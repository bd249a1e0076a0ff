using Nixl.Plugins;

namespace Nixl.Discovery;

/// <summary>The store that an agent uses, and how.</summary>
/// <param name="Store">The store, initialized.</param>
/// <param name="Directory">The same store, where it knows who is there.</param>
/// <param name="Metadata">What it states about itself.</param>
/// <param name="Mode">What the agent does by itself.</param>
internal sealed record StoreLink(IMetadataStore Store, IMetadataDirectory? Directory, MetadataStoreMetadata Metadata, DiscoveryMode Mode)
{
    internal static StoreLink From(MetadataStoreOwner owner, DiscoveryMode mode) => new(owner.Store, owner.Store as IMetadataDirectory, owner.Metadata, mode);
}
