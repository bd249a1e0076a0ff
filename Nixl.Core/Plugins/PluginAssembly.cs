using System.Composition;
using System.Composition.Hosting;
using System.Reflection;
using System.Runtime.CompilerServices;
using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>A loaded plugin assembly with a composition container of its own: one part that cannot be composed must not hide another plugin's.</summary>
internal sealed class PluginAssembly
{
    // Composing takes milliseconds, several times what an engine then needs to start; a process with many agents does it once.
    private static readonly ConditionalWeakTable<Assembly, PluginAssembly> Composed = [];

    private readonly Dictionary<string, ExportFactory<INixlBackendEngine, BackendMetadata>> _factories = new(StringComparer.Ordinal);

    private readonly Dictionary<string, ExportFactory<IMetadataStore, MetadataStoreMetadata>> _stores = new(StringComparer.Ordinal);

    private PluginAssembly(CompositionHost container)
    {
        // The container lives as long as the factories, which is as long as the process: it owns nothing, engines belong to their exports.
        foreach (var factory in container.GetExports<ExportFactory<INixlBackendEngine, BackendMetadata>>())
        {
            _factories.TryAdd(factory.Metadata.Name, factory);
        }

        foreach (var store in container.GetExports<ExportFactory<IMetadataStore, MetadataStoreMetadata>>())
        {
            _stores.TryAdd(store.Metadata.Name, store);
        }
    }

    /// <summary>Loads the file and composes it. Throws whatever loading and composing throw; <see cref="PluginFaults"/> turns that into a refusal.</summary>
    /// <exception cref="InvalidDataException">The file is not the one that was listed.</exception>
    public static PluginAssembly Load(string path, PluginManifest manifest)
    {
        var assembly = PluginLoadContext.For(Path.GetDirectoryName(path)!).LoadPlugin(path);
        if (assembly.ManifestModule.ModuleVersionId != manifest.ModuleId)
        {
            throw new InvalidDataException("The file was replaced after it was listed or loaded.");
        }

        return Composed.TryGetValue(assembly, out var composed) ? composed
            : HasSharedParts(assembly) ? Compose(assembly)
            : Composed.GetValue(assembly, Compose);
    }

    private static PluginAssembly Compose(Assembly assembly) => new(new ContainerConfiguration().WithAssembly(assembly).CreateContainer());

    /// <summary>Whether the container hands out one object again and again: then every agent needs a container of its own, or two would have one engine.</summary>
    private static bool HasSharedParts(Assembly assembly) => Array.Exists(assembly.GetTypes(), static type => type.IsDefined(typeof(SharedAttribute), inherit: true));

    /// <summary>The factory of the engine with that name, or null when the container found no such export.</summary>
    public ExportFactory<INixlBackendEngine, BackendMetadata>? Find(string name) => _factories.GetValueOrDefault(name);

    /// <summary>The factory of the store with that name, or null when the container found no such export.</summary>
    public ExportFactory<IMetadataStore, MetadataStoreMetadata>? FindStore(string name) => _stores.GetValueOrDefault(name);
}
