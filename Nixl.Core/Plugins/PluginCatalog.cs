using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Nixl.Plugins;

/// <summary>The backend plugins found in the plugin folders. Finding them loads nothing; creating an engine does.</summary>
/// <remarks>
/// <para>A folder holds plugins directly or in one subfolder per plugin, <c>&lt;folder&gt;/&lt;NAME&gt;/…dll</c>, which keeps their dependencies apart. A
/// plugin is an assembly with <see cref="Backends.NixlBackendContractAttribute"/>; other assemblies are its helpers. A broken file is reported and hides no
/// other.</para>
/// <para>Thread-safe. Plugins are never replaced in a running process: assemblies stay loaded until it ends, also when the catalog is gone.</para>
/// </remarks>
public sealed class PluginCatalog
{
    /// <summary>The environment variable with further folders, separated as in <c>PATH</c>.</summary>
    public const string DirectoryVariable = "NIXL_PLUGIN_DIR";

    private readonly IReadOnlyList<PluginFolderReport> _folders;
    private readonly IReadOnlyList<PluginFile> _files;

    private PluginCatalog(IReadOnlyList<PluginFolderReport> folders, IReadOnlyList<PluginFile> files, IReadOnlyList<BackendPlugin> plugins)
    {
        Stores = ChooseStores(files);
        _folders = folders;
        _files = files;
        Plugins = plugins;
    }

    /// <summary>The usable plugins, one per backend name, in the order in which they were found.</summary>
    public IReadOnlyList<BackendPlugin> Plugins { get; }

    /// <summary>The usable metadata stores, one per name, in the order in which they were found.</summary>
    public IReadOnlyList<MetadataStorePlugin> Stores { get; }

    /// <summary>What was searched and what became of every file, as it is now.</summary>
    public PluginReport Report => new(_folders, [.. _files.Select(f => f.ToReport())]);

    /// <summary>Looks into the folders given, then those of <see cref="DirectoryVariable"/>, then <c>plugins</c> beside the application.</summary>
    /// <param name="directories">Absolute paths. One that is relative or missing is reported and skipped.</param>
    /// <param name="logger">Where problems are logged, here and when a plugin is loaded later.</param>
    /// <param name="useEnvironment">False to ignore <see cref="DirectoryVariable"/>, for processes whose environment others choose.</param>
    public static PluginCatalog Discover(IReadOnlyList<string>? directories = null, ILogger? logger = null, bool useEnvironment = true)
    {
        var variable = useEnvironment ? Environment.GetEnvironmentVariable(DirectoryVariable) : null;
        return Discover(PluginFolder.InOrder(directories, variable, AppContext.BaseDirectory), logger ?? NullLogger.Instance);
    }

    /// <summary>The plugin with that name, compared exactly as upstream does, or null.</summary>
    public BackendPlugin? Find(string name) => Plugins.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal));

    /// <summary>Looks into <paramref name="folders"/> only.</summary>
    internal static PluginCatalog Discover(IEnumerable<PluginFolder> folders, ILogger logger)
    {
        var scan = new PluginScan(logger);
        foreach (var folder in folders)
        {
            scan.Search(folder);
        }

        var plugins = Choose(scan.Files);
        PluginLog.Discovered(logger, plugins.Count, string.Join(", ", plugins.Select(p => p.Name)));
        return new PluginCatalog(scan.Folders, scan.Files, plugins);
    }

    private static List<MetadataStorePlugin> ChooseStores(IReadOnlyList<PluginFile> files)
    {
        var chosen = new Dictionary<string, MetadataStorePlugin>(StringComparer.Ordinal);
        foreach (var (file, store) in files.SelectMany(static file => file.Stores.Select(store => (file, store))).ToList())
        {
            if (!chosen.TryAdd(store.Name, MetadataStorePlugin.FromFile(file, store)))
            {
                file.Withdraw(store, chosen[store.Name].FilePath!);
            }
        }

        return [.. chosen.Values];
    }

    private static List<BackendPlugin> Choose(IReadOnlyList<PluginFile> files)
    {
        var chosen = new Dictionary<string, BackendPlugin>(StringComparer.Ordinal);
        var plugins = new List<BackendPlugin>();
        foreach (var file in files)
        {
            foreach (var export in file.Exports)
            {
                var plugin = BackendPlugin.FromFile(file, export);
                if (chosen.TryAdd(export.Name, plugin))
                {
                    plugins.Add(plugin);
                }
                else
                {
                    file.Withdraw(export, chosen[export.Name].FilePath!);
                }
            }
        }

        return plugins;
    }
}
