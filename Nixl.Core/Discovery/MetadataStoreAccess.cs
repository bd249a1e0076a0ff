using System.Net;
using System.Net.Sockets;
using Nixl.Agent;
using Nixl.Diagnostics;
using Nixl.Liveness;
using Nixl.Metadata;
using Nixl.Plugins;

namespace Nixl.Discovery;

/// <summary>A metadata store without an agent, for operators and tools: it lists, reads, evicts and cleans up, and appears nowhere itself. Thread-safe.</summary>
public sealed class MetadataStoreAccess : IAsyncDisposable
{
    // Who it is in errors and in the settings of stores; nothing is published under it.
    private const string Name = "store-access";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    // How long the store remembers that an incarnation was evicted: longer than an agent is likely to be cut off from the store and not know it yet.
    private static readonly TimeSpan EvictionMemory = TimeSpan.FromHours(1);

    private readonly AgentSettings _settings;
    private readonly StoreLink _link;
    private readonly MetadataLimits _limits;

    private MetadataStoreAccess(AgentSettings settings, StoreLink link)
    {
        _settings = settings;
        _link = link;
        _limits = new MetadataLimits { BytesMax = (int)Math.Min(settings.Options.Limits.MetadataBytesMax, Array.MaxLength) };
    }

    /// <summary>The store's name, such as <c>ETCD</c>.</summary>
    public string Store => _link.Metadata.Name;

    /// <summary>Whom it talks to, without user names, passwords or keys.</summary>
    public string Endpoint => _link.Store.Endpoint;

    /// <summary>Opens the store that an agent with these options would use. Connects to nobody yet.</summary>
    /// <param name="options">As an agent's: <see cref="NixlAgentOptions.Discovery"/>, the plugin folders, <see cref="NixlAgentOptions.ExchangeTimeout"/>,
    /// limits and logging; null for the defaults, which leave the choice to the environment.</param>
    /// <exception cref="NixlException">NotSupported: neither the options nor the environment name a store. NotFound: it is not there. InvalidParam: a setting is wrong,
    /// or the environment asks for several stores.</exception>
    public static MetadataStoreAccess Open(NixlAgentOptions? options = null) => Open(options ?? new NixlAgentOptions(), EnvironmentSettings.OfProcess());

    internal static MetadataStoreAccess Open(NixlAgentOptions options, EnvironmentSettings environment)
    {
        var settings = new AgentSettings(Name, options, environment);
        var plugins = new Lazy<PluginCatalog>(() => PluginCatalog.Discover(options.PluginDirectories, settings.Logger, options.UsePluginEnvironment));
        return new StoreChoice(settings, environment, plugins).Make() is { } link ? new MetadataStoreAccess(settings, link) : throw new NixlException(
            NixlStatus.NotSupported, "OpenStore", "neither the options nor the environment name a metadata store")
        {
            Hint = $"Name one, or set its environment variable: {string.Join(", ", plugins.Value.Stores.Select(static store => store.Metadata.EndpointVariable))}.",
        };
    }

    /// <summary>Everybody who is in the store now, upstream's agents included.</summary>
    /// <exception cref="NixlException">NotSupported: the store keeps no presence. Otherwise its failure.</exception>
    public Task<IReadOnlyList<DirectoryEntry>> ListAsync(CancellationToken cancellationToken = default) => Directory("ListPeers").ListAsync(cancellationToken);

    /// <summary>The metadata that an agent has published, unchecked; null when there is none.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="label">Which of its blobs; <see cref="MetadataPublication.FullLabel"/> for everything that it exposes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="NixlException">The store's failure.</exception>
    public Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label = MetadataPublication.FullLabel, CancellationToken cancellationToken = default)
        => _link.Store.FetchAsync(agent, label, cancellationToken);

    /// <summary>Takes an agent out of the store: whoever loaded it forgets it, and its present incarnation does not publish again by itself. One of upstream's, which
    /// keeps no presence, has its keys removed, and may write them again.</summary>
    /// <returns>What the store knew of it.</returns>
    /// <exception cref="NixlException">NotSupported: the store keeps no presence. NotFound: the store does not have the agent. Otherwise the store's failure.</exception>
    public Task<DirectoryEntry> EvictAsync(string agent, CancellationToken cancellationToken = default)
        => EvictAsync(_link.Store, Directory("EvictPeer"), Name, agent, cancellationToken);

    /// <summary>Finds metadata whose agent no longer holds its name, and removes what is certain to be left over: this implementation's, whose lease is over and whose
    /// listener, where it has one, does not answer. Whether an agent of upstream's lives cannot be told; what it published stays.</summary>
    /// <param name="isRemoved">False only reports.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="NixlException">NotSupported: the store keeps no presence. Otherwise its failure; what was removed before stays removed.</exception>
    public async Task<IReadOnlyList<Leftover>> CleanUpAsync(bool isRemoved, CancellationToken cancellationToken = default)
    {
        var found = new List<Leftover>();
        foreach (var entry in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (entry.Presence is null)
            {
                found.Add(await JudgeAsync(entry.Agent, cancellationToken).ConfigureAwait(false));
            }
        }

        var stale = found.Where(static leftover => leftover.Kind == LeftoverKind.Stale).Select(static leftover => leftover.Agent).ToHashSet(StringComparer.Ordinal);
        if (!isRemoved || stale.Count == 0)
        {
            return found;
        }

        // Who came back since the first look is left alone.
        stale.ExceptWith((await ListAsync(cancellationToken).ConfigureAwait(false)).Where(static entry => entry.Presence is not null).Select(static entry => entry.Agent));
        foreach (var agent in stale)
        {
            await _link.Store.InvalidateAsync(agent, cancellationToken).ConfigureAwait(false);
        }

        return [.. found.Where(leftover => leftover.Kind != LeftoverKind.Stale || stale.Contains(leftover.Agent))];
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => _link.Store.DisposeAsync();

    /// <summary>The one way in which an agent is evicted, whoever asks for it.</summary>
    internal static async Task<DirectoryEntry> EvictAsync(
        IMetadataStore store, IMetadataDirectory directory, string caller, string agent, CancellationToken cancellationToken)
    {
        var entry = (await directory.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(entry => entry.Agent == agent)
            ?? throw new NixlException(NixlStatus.NotFound, "EvictPeer", $"the store does not have {PlainText.Of(agent)}")
            {
                Agent = caller,
                Peer = store.Endpoint,
                Hint = "It may have left, or be in another namespace; the list of peers says who is there.",
            };
        if (entry.Presence is { } presence)
        {
            await directory.ReplaceAsync(presence with { State = PresenceState.Evicted }, EvictionMemory, cancellationToken).ConfigureAwait(false);
        }

        await store.InvalidateAsync(agent, cancellationToken).ConfigureAwait(false);
        return entry;
    }

    private async Task<Leftover> JudgeAsync(string agent, CancellationToken cancellationToken)
    {
        if (await _link.Store.FetchAsync(agent, MetadataPublication.FullLabel, cancellationToken).ConfigureAwait(false) is not { } blob)
        {
            return new Leftover(agent, LeftoverKind.Unreadable, "its metadata went away meanwhile, or is in parts that do not fit together");
        }

        if (!AgentMetadataCodec.TryDecode(blob, _limits, out var metadata, out var error) || metadata.AgentName != agent)
        {
            return new Leftover(agent, LeftoverKind.Unreadable, metadata is null ? error.Reason : $"it is the metadata of {PlainText.Of(metadata.AgentName)}");
        }

        if (metadata.Extension is not { } extension)
        {
            return new Leftover(agent, LeftoverKind.Foreign, "it keeps no presence, as upstream's agents: whether it lives cannot be told");
        }

        if (ListenerAddress.Parse(extension.Listener) is not { } listener)
        {
            return new Leftover(agent, LeftoverKind.Stale, "its lease is over");
        }

        return await ListensAsync(listener, cancellationToken).ConfigureAwait(false)
            ? new Leftover(agent, LeftoverKind.Alive, $"its lease is over, but somebody listens at {DirectSockets.Describe(listener)}")
            : new Leftover(agent, LeftoverKind.Stale, $"its lease is over, and nobody listens at {DirectSockets.Describe(listener)}");
    }

    /// <summary>Whether a connection to a listener of this implementation comes about: also where it would want a proof that only agents can give.</summary>
    private static async Task<bool> ListensAsync(EndPoint listener, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectLimit);
        try
        {
            using var socket = await DirectSockets.ConnectAsync(listener, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private IMetadataDirectory Directory(string operation) => _link.Directory ?? throw new NixlException(
        NixlStatus.NotSupported, operation, $"{Store} at {Endpoint} keeps no presence: it cannot tell who is there")
    {
        Agent = _settings.AgentName,
        Hint = "Name the agent whose metadata is to be read, or use a store that keeps presence.",
    };
}
