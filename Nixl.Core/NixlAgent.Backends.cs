using Nixl.Agent;
using Nixl.Backends;
using Nixl.Diagnostics;
using Nixl.Plugins;

namespace Nixl;

/// <content>Plugins and backends.</content>
public sealed partial class NixlAgent
{
    private static readonly Dictionary<string, string> NoParameters = [];

    private bool _threadsTold;
    private volatile bool _offersOthers; // a way to reach this agent that NIXL's other agents have, too

    /// <summary>The backends that the agent has created, in the order of creation.</summary>
    public IReadOnlyList<BackendInfo> Backends => [.. _backends.Instances.Select(static instance => new BackendInfo(instance))];

    /// <summary>What discovery found: folders, files, and for each file whether it can be used, why not, and how to fix it. Loads nothing.</summary>
    public PluginReport PluginReport => _plugins.Value.Report;

    /// <summary>Creates one more backend. Memory registered before is not registered with it.</summary>
    /// <param name="name">The backend's name, such as <c>UCX</c>.</param>
    /// <param name="parameters">Its parameters; null for none.</param>
    /// <exception cref="NixlException">NotFound: no plugin has this name. InvalidParam: it exists already or a parameter is wrong. BackendError: it cannot run
    /// here; the message says why and what to install.</exception>
    public BackendInfo CreateBackend(string name, IReadOnlyDictionary<string, string>? parameters = null)
    {
        ThrowIfDisposed();
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new BackendInfo(Create(new BackendSelection(name, parameters)));
    }

    /// <summary>The transports that a backend uses towards a peer, as far as its library tells; empty when not connected or not known.</summary>
    public string DescribeTransports(string backend, string peer)
    {
        ThrowIfDisposed();
        return _backends.Get(backend, "DescribeTransports").Describer?.DescribeTransports(peer) ?? "";
    }

    /// <summary>Opens the connections to a peer now, so that the first transfer does not pay for it. Blocks for at most the exchange timeout per backend.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="backends">The backends to connect; null for all that the peer has in common with this agent.</param>
    /// <exception cref="NixlException">NotFound: the peer is unknown, or a named backend does not reach it. Otherwise the first backend's failure.</exception>
    public void Connect(string peer, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        using var span = NixlSpan.Start(TelemetryNames.ConnectSpan, Name, peer);
        try
        {
            ConnectAll(peer, backends);
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    private void ConnectAll(string peer, IReadOnlyList<string>? backends)
    {
        var remote = _remotes.Get(peer, "Connect");
        var connections = remote.Connections;
        var instances = backends is null ? connections.Keys.ToList() : backends.Select(name => _backends.Get(name, "Connect")).ToList();
        if (instances.Count == 0)
        {
            throw new NixlException(NixlStatus.NotFound, "Connect", $"no backend of this agent reaches {peer}{Reasons(remote)}")
            {
                Agent = Name,
                Peer = peer,
                Hint = "Mend what they say and load the peer's metadata again, or create a backend that the peer has, too.",
            };
        }

        foreach (var instance in instances)
        {
            if (!connections.ContainsKey(instance))
            {
                throw new NixlException(NixlStatus.NotFound, "Connect", $"the metadata of {peer} has no {instance.Name} connection")
                {
                    Agent = Name,
                    Peer = peer,
                    Backend = instance.Name,
                    Hint = $"It can be reached over {string.Join(", ", connections.Keys.Select(static connection => connection.Name))}.",
                };
            }

            var status = instance.Remote!.Connect(peer, _settings.Options.ExchangeTimeout, out var fault);
            if (status != NixlStatus.Success)
            {
                throw instance.ToException(status, fault, "Connect", Name, peer);
            }
        }
    }

    private static string Reasons(RemoteAgent remote)
        => string.Concat(remote.Refusals.Select(static refusal => $"; {refusal.Key.Name}: {refusal.Value}"));

    private void CreateSelectedBackends()
    {
        foreach (var selection in _settings.Options.Backends)
        {
            Create(selection);
        }

        if (_settings.Options is { Backends.Count: 0, CreateDefaultBackends: true })
        {
            CreateDefaultBackends();
        }
    }

    /// <summary>Creates the plugins that declare themselves a default. One that cannot run here is passed over with a warning, but not all of them.</summary>
    private void CreateDefaultBackends()
    {
        NixlException? failure = null;
        foreach (var plugin in _plugins.Value.Plugins.Where(static plugin => plugin.Metadata.IsDefault))
        {
            try
            {
                Create(new BackendSelection(plugin.Name));
            }
            catch (NixlException refused)
            {
                failure ??= refused;
                _backendsPassedOver.Add(plugin.Name);
                AgentLog.DefaultBackendFailed(_settings.Logger, Name, plugin.Name, refused.Message);
            }
        }

        if (_backends.Instances.Count == 0)
        {
            throw failure ?? new NixlException(NixlStatus.NotFound, "CreateBackend", "no backend was named, and no plugin was found that is a default")
            {
                Agent = Name,
                Hint = $"Put a backend's folder under plugins/, or name its parent in PluginDirectories or NIXL_PLUGIN_DIR. {_plugins.Value.Report}",
            };
        }
    }

    private BackendInstance Create(BackendSelection selection)
    {
        var plugin = selection.Linked ?? _plugins.Value.Find(selection.Name)
            ?? throw new NixlException(NixlStatus.NotFound, "CreateBackend", $"no plugin provides a backend named {selection.Name}")
            {
                Agent = Name,
                Backend = selection.Name,
                Hint = $"Put the backend's folder under plugins/, or name its parent in PluginDirectories or NIXL_PLUGIN_DIR. {_plugins.Value.Report}",
            };
        _threadsTold |= plugin.Metadata.ThreadsParameter.Length > 0;
        var instance = _backends.Create(plugin, new BackendParameters(_settings.Devices.AddTo(selection.Parameters ?? NoParameters, plugin.Metadata, _settings.Options.NumThreads)));
        _offersOthers |= instance.Remote is not null && !plugin.Metadata.IsOwnKind;
        return instance;
    }

    /// <summary>Options that no backend was told of do nothing: somebody meant something else.</summary>
    private void ReportUnusedOptions()
    {
        if (_settings.Devices.Untold([.. _backends.Instances.Select(static instance => instance.Parameters)]) is { Length: > 0 } unused)
        {
            AgentLog.DevicesUnused(_settings.Logger, Name, unused);
        }

        if (_settings.Options.NumThreads is { } threads && !_threadsTold)
        {
            AgentLog.ThreadsUnused(_settings.Logger, Name, threads, string.Join(", ", _backends.Instances.Select(static instance => instance.Name)));
        }
    }

    private PluginCatalog DiscoverPlugins()
        => PluginCatalog.Discover(_settings.Options.PluginDirectories, _settings.Logger, _settings.Options.UsePluginEnvironment);
}
