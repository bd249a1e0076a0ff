using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>One plugin file of a catalog: what it says about itself, and its state as it is loaded and used. Thread-safe.</summary>
internal sealed class PluginFile(string path, PluginPeek peek, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<string> _warnings = [];
    private IReadOnlyList<MetadataStoreMetadata> _stores = peek.Refusal is null ? peek.Manifest!.Stores : [];
    private IReadOnlyList<BackendMetadata> _exports = peek.Refusal is null ? peek.Manifest!.Exports : [];
    private PluginRefusal? _refusal = peek.Refusal;
    private PluginAssembly? _assembly;
    private bool _loadFailed;

    /// <summary>The absolute path.</summary>
    public string Path => path;

    /// <summary>The version of the assembly; 0.0 when it could not be read.</summary>
    public Version AssemblyVersion => peek.Manifest?.AssemblyVersion ?? new Version(0, 0);

    /// <summary>The backends that can be created from it; empty for a refused file.</summary>
    public IReadOnlyList<BackendMetadata> Exports => _exports;

    /// <summary>The metadata stores that can be created from it; empty for a refused file.</summary>
    public IReadOnlyList<MetadataStoreMetadata> Stores => _stores;

    /// <summary>Adds a remark for the report and logs it.</summary>
    public void Warn(string warning)
    {
        _warnings.Add(warning);
        PluginLog.FileWarning(logger, PluginReport.Printable(path), PluginReport.Printable(warning));
    }

    /// <summary>Takes one export away because another file had its name first. A file that loses all of them is refused. Only during discovery.</summary>
    public void Withdraw(BackendMetadata export, string winner)
    {
        _exports = [.. _exports.Where(e => !ReferenceEquals(e, export))];
        if (_exports.Count == 0 && _stores.Count == 0)
        {
            Refuse(new PluginRefusal($"The backend {export.Name} was already found in {winner}; the first one is used.", "Remove one of the two files."));
        }
        else
        {
            Warn($"Its backend {export.Name} is ignored, because it was already found in {winner}; remove one of the two.");
        }
    }

    /// <summary>As <see cref="Withdraw(BackendMetadata, string)"/>, for a store.</summary>
    public void Withdraw(MetadataStoreMetadata store, string winner)
    {
        _stores = [.. _stores.Where(e => !ReferenceEquals(e, store))];
        if (_exports.Count == 0 && _stores.Count == 0)
        {
            Refuse(new PluginRefusal($"The metadata store {store.Name} was already found in {winner}; the first one is used.", "Remove one of the two files."));
        }
        else
        {
            Warn($"Its metadata store {store.Name} is ignored, because it was already found in {winner}; remove one of the two.");
        }
    }

    /// <summary>Loads the assembly when that has not happened and creates a store.</summary>
    public (MetadataStoreOwner? Store, PluginRefusal? Refusal) CreateStore(MetadataStoreMetadata store)
    {
        lock (_gate)
        {
            if (_loadFailed || !TryLoad(out var assembly))
            {
                return (null, _refusal);
            }

            var (created, refusal) = CreateStoreFrom(assembly, store);
            _refusal = refusal;
            LogRefusal();
            return (created, refusal);
        }
    }

    /// <summary>Logs the refusal that looking into the file gave, if any.</summary>
    public void LogRefusal()
    {
        if (_refusal is { } refusal)
        {
            PluginLog.FileRefused(logger, PluginReport.Printable(path), PluginReport.Printable(refusal.Reason), PluginReport.Printable(refusal.Fix));
        }
    }

    /// <summary>Loads the assembly when that has not happened and creates an engine.</summary>
    /// <returns>The engine, or the reason, which the report shows from then on, too. A load that failed is not repeated; a creation is.</returns>
    public PluginCreation Create(BackendMetadata export)
    {
        lock (_gate)
        {
            if (_loadFailed || !TryLoad(out var assembly))
            {
                return new PluginCreation(null, _refusal);
            }

            var creation = CreateFrom(assembly, export);
            _refusal = creation.Refusal;
            LogRefusal();
            return creation;
        }
    }

    /// <summary>The present state.</summary>
    public PluginFileReport ToReport()
    {
        lock (_gate)
        {
            var state = _refusal is not null ? PluginFileState.Refused : _assembly is not null ? PluginFileState.Loaded : PluginFileState.Available;
            string[] names = [.. (_exports.Count > 0 ? _exports : peek.Manifest?.Exports ?? []).Select(e => e.Name)];
            return new PluginFileReport(path, state, names, peek.Manifest?.Contract, _refusal?.Reason, _refusal?.Fix, [.. _warnings])
            {
                StoreNames = [.. (_stores.Count > 0 ? _stores : peek.Manifest?.Stores ?? []).Select(static store => store.Name)],
            };
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Foreign code may throw anything; a failure is data.")]
    private bool TryLoad([NotNullWhen(true)] out PluginAssembly? assembly)
    {
        assembly = _assembly;
        if (assembly is not null)
        {
            return true;
        }

        try
        {
            assembly = _assembly = PluginAssembly.Load(path, peek.Manifest!);
            PluginLog.Loaded(logger, PluginReport.Printable(path), AssemblyVersion);
            return true;
        }
        catch (Exception e)
        {
            _loadFailed = true;
            Refuse(PluginFaults.ExplainLoad(e, path));
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Foreign code may throw anything; a failure is data.")]
    private PluginCreation CreateFrom(PluginAssembly assembly, BackendMetadata export)
    {
        if (assembly.Find(export.Name) is not { } factory)
        {
            return new PluginCreation(null, new PluginRefusal(
                $"It is loaded, but its class with [ExportBackend(\"{export.Name}\")] is no part: no class that can be created and is an {nameof(INixlBackendEngine)}.",
                $"Make it a class that is neither abstract nor generic, implements {nameof(INixlBackendEngine)} and has a public parameterless constructor."));
        }

        try
        {
            var part = factory.CreateExport();
            return new PluginCreation(new PluginEngine(part.Value, part, export), null);
        }
        catch (Exception e)
        {
            return new PluginCreation(null, PluginFaults.ExplainCreate(e, export.Name, path));
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Foreign code may throw anything; a failure is data.")]
    private (MetadataStoreOwner? Store, PluginRefusal? Refusal) CreateStoreFrom(PluginAssembly assembly, MetadataStoreMetadata store)
    {
        if (assembly.FindStore(store.Name) is not { } factory)
        {
            return (null, new PluginRefusal(
                $"It is loaded, but its class with [ExportMetadataStore(\"{store.Name}\")] is no part: no class that can be created and is an {nameof(IMetadataStore)}.",
                $"Make it a class that is neither abstract nor generic, implements {nameof(IMetadataStore)} and has a public parameterless constructor."));
        }

        try
        {
            var part = factory.CreateExport();
            return (new MetadataStoreOwner(part.Value, store), null);
        }
        catch (Exception e)
        {
            return (null, PluginFaults.ExplainCreate(e, store.Name, path));
        }
    }

    private void Refuse(PluginRefusal refusal)
    {
        _refusal = refusal;
        LogRefusal();
    }
}
