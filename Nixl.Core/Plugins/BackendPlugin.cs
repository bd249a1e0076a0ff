using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Nixl.Backends;

namespace Nixl.Plugins;

/// <summary>A backend that can be created: found in a plugin folder, or named by its type. Thread-safe.</summary>
public sealed class BackendPlugin
{
    private readonly Func<PluginCreation> _create;

    private BackendPlugin(BackendMetadata metadata, string? filePath, Version assemblyVersion, Func<PluginCreation> create)
    {
        Metadata = metadata;
        FilePath = filePath;
        AssemblyVersion = assemblyVersion;
        _create = create;
    }

    /// <summary>The backend's name, such as <c>UCX</c>.</summary>
    public string Name => Metadata.Name;

    /// <summary>What the engine states about itself, known without loading anything of it.</summary>
    public BackendMetadata Metadata { get; }

    /// <summary>The plugin's file, or null for a backend that is part of the application.</summary>
    public string? FilePath { get; }

    /// <summary>The version of the plugin's assembly.</summary>
    public Version AssemblyVersion { get; }

    /// <summary>The second door, for single-file and trimmed applications: a backend that the application references and that needs no folder.</summary>
    /// <exception cref="ArgumentException">The type has no <see cref="ExportBackendAttribute"/>, or the engine was built for another contract.</exception>
    public static BackendPlugin FromType<TEngine>()
        where TEngine : class, INixlBackendEngine, new()
    {
        var type = typeof(TEngine);
        var export = type.GetCustomAttribute<ExportBackendAttribute>()
            ?? throw new ArgumentException($"{type} has no [ExportBackend] attribute that names it.", nameof(TEngine));
        if (type.Assembly.GetCustomAttribute<NixlBackendContractAttribute>() is { } contract
            && ContractRule.Check(new Version(contract.Major, contract.Minor), ContractRule.Current) is { } refusal)
        {
            throw new ArgumentException($"{type}: {refusal.Reason} {refusal.Fix}", nameof(TEngine));
        }

        var metadata = new BackendMetadata
        {
            Name = export.Name,
            MemoryTypes = export.MemoryTypes,
            SupportsLocal = export.SupportsLocal,
            SupportsRemote = export.SupportsRemote,
            SupportsNotifications = export.SupportsNotifications,
            IsDefault = export.IsDefault,
            IsOwnKind = export.IsOwnKind,
            ThreadsParameter = export.ThreadsParameter,
            NetworkDevicesParameter = export.NetworkDevicesParameter,
            PathsParameter = export.PathsParameter,
            Description = export.Description,
        };
        return new BackendPlugin(metadata, null, type.Assembly.GetName().Version ?? new Version(0, 0), () => Create<TEngine>(metadata));
    }

    /// <summary>Creates an engine for one agent. The first call loads the plugin's assembly and its dependencies.</summary>
    /// <param name="engine">The engine, owned by the caller.</param>
    /// <param name="reason">Why it could not be created, else null; the catalog's report says so from then on, too.</param>
    /// <param name="fix">What to do about that, else null.</param>
    public bool TryCreate([NotNullWhen(true)] out PluginEngine? engine, out string? reason, out string? fix)
    {
        var creation = _create();
        engine = creation.Engine;
        reason = creation.Refusal?.Reason;
        fix = creation.Refusal?.Fix;
        return engine is not null;
    }

    /// <summary>A backend of a plugin file.</summary>
    internal static BackendPlugin FromFile(PluginFile file, BackendMetadata export)
        => new(export, file.Path, file.AssemblyVersion, () => file.Create(export));

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Foreign code may throw anything; a failure is data.")]
    private static PluginCreation Create<TEngine>(BackendMetadata metadata)
        where TEngine : class, INixlBackendEngine, new()
    {
        try
        {
            var engine = new TEngine();
            return new PluginCreation(new PluginEngine(engine, engine, metadata), null);
        }
        catch (Exception e)
        {
            return new PluginCreation(null, PluginFaults.ExplainCreate(e, metadata.Name, null));
        }
    }
}
