using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Discovery;

namespace Nixl;

/// <summary>How an agent is set up. Read once by the constructor of <see cref="NixlAgent"/>; later changes have no effect.</summary>
public sealed class NixlAgentOptions
{
    /// <summary>The backends to create. A backend named here must work, or the constructor throws. Empty: every plugin that declares itself a default (UCX, as
    /// upstream) and works on this machine; at least one must.</summary>
    public BackendSelectionList Backends { get; } = [];

    /// <summary>How many threads of its own every backend may have that has such a thing (upstream's <c>num_threads</c>); null leaves it to each. It is handed to a
    /// backend under its own parameter's name, unless <see cref="Backends"/> sets that.</summary>
    public int? NumThreads { get; init; }

    /// <summary>The only devices that backends may use (the <c>optional_devices</c> of NIXL's users); empty for all. Network interfaces and RDMA devices by name
    /// (<c>eth0</c>, <c>mlx5_0</c>), GPUs as <c>cuda:0</c> or <c>gpu:0</c>, folders and block devices by path; <c>cpu</c> and <c>dram</c> may be listed and change
    /// nothing. A kind that the list does not mention is not restricted. Names and paths are handed to the backends that have a parameter for them, unless
    /// <see cref="Backends"/> sets it; memory of other GPUs is not registered.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>False creates no backend at all when <see cref="Backends"/> is empty; they are then created by <see cref="NixlAgent.CreateBackend"/>.</summary>
    public bool CreateDefaultBackends { get; init; } = true;

    /// <summary>Folders searched for plugins before those of <c>NIXL_PLUGIN_DIR</c> and the application's own <c>plugins</c> folder.</summary>
    public IReadOnlyList<string> PluginDirectories { get; init; } = [];

    /// <summary>Whether <c>NIXL_PLUGIN_DIR</c> is honoured.</summary>
    public bool UsePluginEnvironment { get; init; } = true;

    /// <summary>Where the direct listener accepts peers' metadata; port 0 lets the system choose. Null, the default: no listener. Whoever can connect can
    /// read this agent's metadata: bind loopback or an isolated network.</summary>
    public IPEndPoint? ListenEndPoint { get; init; }

    /// <summary>The metadata store that agents share, and how they notice when one is gone.</summary>
    public DiscoveryOptions Discovery { get; init; } = new();

    /// <summary>What this agent's listener and its peers' prove to each other; null for nothing, as upstream.</summary>
    public PeerSecurityOptions? PeerSecurity { get; init; }

    /// <summary>Who polls the engines.</summary>
    public ProgressMode Progress { get; init; } = ProgressMode.Adaptive;

    /// <summary>The deadline of a post that names none. <see cref="Timeout.InfiniteTimeSpan"/> only on purpose.</summary>
    public TimeSpan TransferTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After this time without an end a post counts as stalled: the log and the agent's health say so, once per post, long before the deadline. Nothing is
    /// ended by it. <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a transfer may drain after its deadline or cancellation before it ends without being quiescent.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an asynchronous form polls before it waits for the progress thread: 20 µs is about the price of a sleep and a wake-up.</summary>
    public TimeSpan AwaitPoll { get; init; } = TimeSpan.FromMicroseconds(20);

    /// <summary>How long connecting to a peer and each exchange of metadata with it may take.</summary>
    public TimeSpan ExchangeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the exported metadata carries this implementation's trailing record. Upstream ignores it; it tells our agents incarnation and order.</summary>
    public bool MetadataExtensions { get; init; } = true;

    /// <summary>Whether peers' metadata is loaded by upstream's rules alone, as if it had no trailing record: it only ever adds, whatever its age; a region or a connection
    /// that changed is refused with NotAllowed; and nothing is known of incarnations, so the replacement rule has nothing to judge and no heartbeats are expected.</summary>
    public bool StrictMetadata { get; init; }

    /// <summary>How one of several backends that can serve a transfer is chosen, where the transfer's options do not name any.</summary>
    public RoutingPolicy Routing { get; init; } = RoutingPolicy.Order;

    /// <summary>Whether transfers that no single backend can serve may go through host memory of the agent, by two backends one after the other: file to peer,
    /// for example. Off by default, because it costs host memory and a second move of every byte; <see cref="TransferOptions.AllowStagedRoutes"/> decides for
    /// one transfer.</summary>
    public bool AllowStagedRoutes { get; init; }

    /// <summary>The bytes that a staged route moves at a time, 4 KiB to 1 GiB, rounded up to whole pages of 4 KiB. A descriptor that is no longer is never
    /// divided. Each pair of backends gets host memory for eight such chunks at its first use, within <see cref="LimitsOptions.BounceBytesMax"/>.</summary>
    public int StagedChunkBytes { get; init; } = 1 << 20;

    /// <summary>What happens when another incarnation of a known peer appears.</summary>
    public TakeoverPolicy Takeover { get; init; } = TakeoverPolicy.Safe;

    /// <summary>Bounds on what peers and applications can make the agent hold.</summary>
    public LimitsOptions Limits { get; init; } = new();

    /// <summary>Whether posts are counted and timed for the meter <c>Nixl</c> and <see cref="Transfer.GetTelemetry"/>; about a tenth of a microsecond per post.
    /// Off by default; <c>NIXL_TELEMETRY_ENABLE</c> switches it on, too.</summary>
    public bool Telemetry { get; init; }

    /// <summary>Where the agent and its engines log. Without one they log to standard error when <c>NIXL_LOG_LEVEL</c> names a level; with one that variable
    /// can only raise the level.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
