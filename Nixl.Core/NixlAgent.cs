using System.Net;
using Nixl.Agent;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Metadata;
using Nixl.Plugins;
using Nixl.Progress;
using Nixl.Staging;

namespace Nixl;

/// <summary>The agent of one process: registers memory, exchanges metadata with peers, and moves bytes one-sided through the backends it has created.</summary>
/// <remarks>
/// <para>All members are thread-safe. Control operations throw <see cref="NixlException"/>; posting, checking and awaiting a <see cref="Transfer"/> answer with
/// a status. Nothing waits without a deadline.</para>
/// <para>Several agents in one process are possible. Disposing cancels what is in flight, waits for at most the drain timeout, closes the engines and gives
/// every registration back.</para>
/// </remarks>
public sealed partial class NixlAgent : IAsyncDisposable, IDisposable
{
    /// <summary>The name of a prepared list's agent that means "this agent's own, local side": upstream's <c>NIXL_INIT_AGENT</c>.</summary>
    public const string LocalSide = "";

    private readonly AgentSettings _settings;
    private readonly ProgressLoop _loop;
    private readonly NotificationRouter _router;
    private readonly BackendRegistry _backends;
    private readonly MemoryRegistry _memory;
    private readonly DroppedTransfers _dropped;
    private readonly LeaseTable _leases;
    private readonly RemoteDirectory _remotes;
    private readonly RouteFinder _routes;
    private readonly StagedRoutes _staged;
    private readonly TransferPlanner _planner;
    private readonly RouteExplainer _explainer;
    private readonly MetadataExporter _exporter;
    private readonly Lazy<PluginCatalog> _plugins;
    private readonly DirectMetadataListener? _listener;
    private readonly DirectMetadataClient _client;
    private readonly MetadataLimits _metadataLimits;
    private string _storePrefix = ""; // what the store's environment variables begin with
    private int _disposed;

    /// <summary>Creates the agent, its backends and, where asked for, its listener.</summary>
    /// <param name="name">A name that no other agent of the system has. At most 1,024 bytes in UTF-8, without <c>NIXLCOMM:</c>.</param>
    /// <param name="options">How it is set up; null for the defaults.</param>
    /// <exception cref="NixlException">A backend cannot be created, or the listener's port is taken.</exception>
    public NixlAgent(string name, NixlAgentOptions? options = null) : this(name, options, EnvironmentSettings.OfProcess())
    {
    }

    internal NixlAgent(string name, NixlAgentOptions? options, EnvironmentSettings environment)
    {
        options ??= new NixlAgentOptions();
        if (!AgentNames.IsValid(name, MetadataLimits.Default.NameBytesMax, out var reason))
        {
            throw new NixlException(NixlStatus.InvalidParam, "CreateAgent", reason)
            {
                Agent = name,
                Hint = "Choose another name.",
            };
        }

        Name = name;
        _settings = new AgentSettings(name, options, environment);
        _metadataLimits = new MetadataLimits
        {
            BytesMax = (int)Math.Min(options.Limits.MetadataBytesMax, Array.MaxLength),
            RegionsMax = Math.Max(options.Limits.RegionsPerPeerMax, MetadataLimits.Default.RegionsMax), // the directory tells which limit it was
        };
        _plugins = new Lazy<PluginCatalog>(DiscoverPlugins);
        _loop = new ProgressLoop(_settings) { PeerLost = OnPeerLost };
        _router = new NotificationRouter(_settings) { Overflowed = OnNotificationsOverflowed };
        _backends = new BackendRegistry(_settings, _loop, _router);
        _memory = new MemoryRegistry(_settings, _loop, _backends);
        _leases = new LeaseTable(_settings, _loop, _router);
        _dropped = new DroppedTransfers(_settings, _loop);
        _remotes = new RemoteDirectory(_settings, _loop, _backends) { Changed = OnPeersChanged };
        _router.AddKnownName(Name);
        _routes = new RouteFinder(_settings, _backends, _memory);
        _staged = new StagedRoutes(_settings, _loop, _router);
        _planner = new TransferPlanner(_settings, _loop, _backends, _routes, _staged);
        _views = new MemoryViewMaker(_settings, _loop, _backends, _routes);
        _explainer = new RouteExplainer(_settings, _backends, _routes, _planner);
        _exporter = new MetadataExporter(_settings, _loop, _backends, _memory) { Announcement = Announce };
        _client = new DirectMetadataClient(ClientOptions(options), _settings.Logger);
        var link = ChooseStore(environment);
        _discovery = new PeerDiscovery(_settings, _loop, _exporter, _memory, _remotes, _client, new PeerLoader(this), link);
        _remotes.Loaded += remote => _router.AddKnownName(remote.Name);
        _remotes.Dropped += remote => _router.RemoveKnownName(remote.Name);
        try
        {
            CreateSelectedBackends();
            _listener = options.ListenEndPoint is { } endPoint
                ? DirectMetadataListener.Start(endPoint, new MetadataEndpoint(this), ListenerOptions(), _settings.Logger)
                : null;
        }
        catch
        {
            CloseEngines();
            _ = _discovery.DisposeAsync().AsTask();
            throw;
        }

        NixlMetrics.Add(this);
        AgentLog.Started(
            _settings.Logger,
            name,
            string.Join(", ", _backends.Instances.Select(static b => b.Describer is null ? b.Name : $"{b.Name} ({b.Describer.Library})")),
            _listener is null ? "off" : $"{_listener.BoundEndPoint}, {_settings.Security.Describe()} may use it",
            StartLine.Describe(_settings, environment));
        ReportEnvironment(environment);
        ReportUnusedOptions();
        if (_discovery.Link?.Mode == DiscoveryMode.Automatic)
        {
            TellWhoRefuses(); // it is published now
        }

        _discovery.Begin();
    }

    /// <summary>The agent's name.</summary>
    public string Name { get; }

    /// <summary>Where the listener is bound; null when it is off.</summary>
    public IPEndPoint? ListenEndPoint => _listener?.BoundEndPoint;

    /// <summary>The peers whose metadata is loaded; a snapshot.</summary>
    public IReadOnlyList<string> RemoteAgents => [.. _remotes.Agents.Select(static agent => agent.Name)];

    /// <summary>How many transfers ended while their engine still owns the local memory.</summary>
    public long QuarantinedTransfers => _loop.Quarantined;

    /// <summary>How often an engine completed a post that was not in flight: defects of engines.</summary>
    internal long RefusedCompletions => _loop.RefusedCompletions;

    /// <summary>How many transfers are not released.</summary>
    internal int OpenTransfers => _loop.Transfers.Count;

    /// <summary>Ends the agent: see <see cref="DisposeAsync"/>. Blocks for at most the drain timeout and the engines' own closing.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Ends the agent: closes the listener, cancels what is in flight and drains it, closes the engines, gives all memory back. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _discovery.DisposeAsync().ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        await _client.DisposeAsync().ConfigureAwait(false);
        CloseEngines();
    }

    private void CloseEngines()
    {
        Volatile.Write(ref _disposed, 1);
        _dropped.Stop();
        _leases.Close();
        _leases.Cut();
        NixlMetrics.Remove(this);
        _router.Close();
        foreach (var transfer in _loop.Transfers.ToList())
        {
            transfer.Dispose();
        }

        SpinWait.SpinUntil(IsDrained, _settings.DrainTimeoutMs);
        _loop.Views.Close(_loop.Planning); // before the ranges that they name are given back
        _remotes.Close();
        _loop.Dispose();
        _loop.RunHousekeeping();

        var inFlight = _loop.Transfers.ToList();
        var quarantined = inFlight.SelectMany(static transfer => transfer.Regions.ToArray()).Select(static region => region.Origin).ToHashSet();
        var registrations = _memory.TakeAll();
        foreach (var registration in registrations.Where(registration => !registration.AllRegions.Any(quarantined.Contains)))
        {
            _memory.ReturnToEngines(registration);
        }

        _staged.ReturnToEngines();

        // An engine's Dispose ends every use of memory: by requests that never completed, and by peers that still read or write it and whose messages the
        // engine serves until its connections are closed. Only then may the memory go.
        _loop.EnginesClosed = true;
        foreach (var instance in _backends.Instances)
        {
            instance.Owner.Dispose();
        }

        _staged.Close();
        if (inFlight.Count > 0)
        {
            AgentLog.EndedInFlight(_settings.Logger, Name, inFlight.Count);
        }

        inFlight.ForEach(static transfer => transfer.Abandon());
        registrations.ForEach(static registration => registration.GiveBack());
        _loop.RunHousekeeping(); // what was deregistered in flight and waited for transfers that never ended
    }

    private bool IsDrained()
    {
        _loop.PollAll();
        _loop.RunHousekeeping();
        var open = _loop.Transfers.ToList();
        open.ForEach(static transfer => transfer.Dispose()); // also one that another thread was making
        return open.Count == 0;
    }

    private void OnPeerLost(RemoteAgent remote, string backend)
    {
        if (_remotes.Invalidate(remote))
        {
            Counters.CountPeerLost();
            AgentLog.PeerLost(_settings.Logger, Name, remote.Name, backend);
        }
    }

    private void OnPeersChanged() => _leases.EndOfGonePeers();

    private void OnNotificationsOverflowed(string sender) => _loop.Defer(() =>
    {
        _remotes.Invalidate(sender);
        return true;
    });

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    private DirectListenerOptions ListenerOptions() => new()
    {
        Security = _settings.Security,
        FrameBytesMax = _metadataLimits.BytesMax,
        ConnectionsMax = _settings.Options.Limits.ListenerConnectionsMax,
        ConnectionRefused = () => Counters.CountLimit(nameof(LimitsOptions.ListenerConnectionsMax)),
    };

    private DirectClientOptions ClientOptions(NixlAgentOptions options) => new()
    {
        Security = _settings.Security,
        ConnectTimeout = options.ExchangeTimeout,
        ReplyTimeout = options.ExchangeTimeout,
    };
}
