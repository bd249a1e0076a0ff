using Nixl.Plugins;

namespace Nixl.Discovery;

/// <summary>The store that an agent shall use.</summary>
/// <param name="Name">The store's name, such as <c>ETCD</c>.</param>
/// <param name="Parameters">Its settings, or null to take all of them from the environment.</param>
public sealed record MetadataStoreSelection(string Name, IReadOnlyDictionary<string, string>? Parameters = null)
{
    /// <summary>The store itself, where it is linked into the application instead of found in a plugin folder.</summary>
    internal MetadataStorePlugin? Linked { get; init; }

    /// <summary>A store that the application references directly: the way for single-file and trimmed applications.</summary>
    public static MetadataStoreSelection Of<TStore>(IReadOnlyDictionary<string, string>? parameters = null)
        where TStore : class, IMetadataStore, new()
    {
        var plugin = MetadataStorePlugin.FromType<TStore>();
        return new MetadataStoreSelection(plugin.Metadata.Name, parameters) { Linked = plugin };
    }

    /// <summary>The name alone: parameters may hold a password.</summary>
    public override string ToString() => Name;
}
