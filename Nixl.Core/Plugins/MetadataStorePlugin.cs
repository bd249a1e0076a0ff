using System.Reflection;
using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>A metadata store that can be created: found in a plugin folder, or named by its type. Thread-safe.</summary>
public sealed class MetadataStorePlugin
{
    private readonly Func<(MetadataStoreOwner? Store, PluginRefusal? Refusal)> _create;

    private MetadataStorePlugin(MetadataStoreMetadata metadata, string? filePath, Func<(MetadataStoreOwner? Store, PluginRefusal? Refusal)> create)
    {
        Metadata = metadata;
        FilePath = filePath;
        _create = create;
    }

    /// <summary>What the store states about itself, known without loading anything of it.</summary>
    public MetadataStoreMetadata Metadata { get; }

    /// <summary>The plugin's file, or null for a store that is part of the application.</summary>
    public string? FilePath { get; }

    internal static MetadataStorePlugin FromFile(PluginFile file, MetadataStoreMetadata store) => new(store, file.Path, () => file.CreateStore(store));

    /// <exception cref="ArgumentException">The type has no <see cref="ExportMetadataStoreAttribute"/>, or was built for another contract.</exception>
    internal static MetadataStorePlugin FromType<TStore>()
        where TStore : class, IMetadataStore, new()
    {
        var type = typeof(TStore);
        var export = type.GetCustomAttribute<ExportMetadataStoreAttribute>()
            ?? throw new ArgumentException($"{type} has no [ExportMetadataStore] attribute that names it.", nameof(TStore));
        if (type.Assembly.GetCustomAttribute<NixlBackendContractAttribute>() is { } contract
            && ContractRule.Check(new Version(contract.Major, contract.Minor), ContractRule.Current) is { } refusal)
        {
            throw new ArgumentException($"{type}: {refusal.Reason} {refusal.Fix}", nameof(TStore));
        }

        var metadata = new MetadataStoreMetadata
        {
            Name = export.Name,
            EndpointVariable = export.EndpointVariable,
            VariablePrefix = export.VariablePrefix,
            Description = export.Description,
        };
        return new MetadataStorePlugin(metadata, null, () => (new MetadataStoreOwner(new TStore(), metadata), null));
    }

    /// <summary>Creates a store for one agent. The first call loads the plugin's assembly and its dependencies.</summary>
    internal (MetadataStoreOwner? Store, PluginRefusal? Refusal) Create() => _create();
}
