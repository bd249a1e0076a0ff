using Nixl.Agent;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Liveness;
using Nixl.Metadata;

namespace Nixl;

/// <content>Finding peers through a store, and noticing when one is gone.</content>
public sealed partial class NixlAgent
{
    // Between two looks for metadata that is not there yet.
    private static readonly TimeSpan FetchInterval = TimeSpan.FromMilliseconds(100);

    private readonly PeerDiscovery _discovery;

    /// <summary>Everybody who is there: in the store, or loaded on any other way; a snapshot. In <see cref="DiscoveryMode.Manual"/> the store is followed from the first
    /// call that needs it on; <see cref="ListPeersAsync"/> asks it now.</summary>
    public IReadOnlyList<PeerInfo> Peers
    {
        get
        {
            _discovery.Follower?.Start();
            return _discovery.Board.Snapshot(_discovery.Monitor.HasHeartbeat);
        }
    }

    /// <summary>Everybody who is there, then every join, load and leave as it happens, until the token is cancelled or the agent ends. Several enumerations at a time are
    /// possible. One that is not read for 65,536 changes ends with NotAllowed.</summary>
    public IAsyncEnumerable<PeerChange> PeerChanges(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _discovery.Follower?.Start();
        return _discovery.Board.Changes(cancellationToken);
    }

    /// <summary>Asks the store who is there now, upstream's agents included. Loads nothing.</summary>
    /// <exception cref="NixlException">NotSupported: no store is in use, or it cannot tell. Otherwise the store's failure.</exception>
    public async Task<IReadOnlyList<DirectoryEntry>> ListPeersAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return await Directory("ListPeers").ListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Publishes this agent's metadata in the store, and from then on every change of what is registered. Where the name is still held by an incarnation that
    /// does not answer, this waits for its lease.</summary>
    /// <exception cref="NixlException">NotAllowed: another agent has the name, or the metadata is too large for the store; publishing has ended. Otherwise the store's
    /// failure: the agent goes on trying until <see cref="WithdrawMetadataAsync"/>.</exception>
    public Task PublishMetadataAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _ = Store("PublishMetadata");
        TellWhoRefuses();
        _discovery.Follower!.Start(); // an eviction, and the loss of what is published, are noticed there
        return _discovery.Publisher!.PublishAsync(cancellationToken);
    }

    /// <summary>Publishes metadata about some registrations under a label of its own, for peers that fetch that label. It does not follow later changes.</summary>
    /// <param name="label">The label; not empty, without a slash.</param>
    /// <param name="descriptors">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="includeConnectionInfo">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="backends">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public Task PublishPartialMetadataAsync(
        string label, DescriptorList? descriptors, bool includeConnectionInfo = false, IReadOnlyList<string>? backends = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _ = Store("PublishPartialMetadata");
        if (string.IsNullOrEmpty(label) || label == MetadataPublication.FullLabel)
        {
            throw new NixlException(NixlStatus.InvalidParam, "PublishPartialMetadata", "a part needs a label of its own")
            {
                Agent = Name,
                Hint = $"Name it; {MetadataPublication.FullLabel} is the label of everything, which PublishMetadataAsync publishes.",
            };
        }

        var blob = GetLocalPartialMetadata(descriptors, includeConnectionInfo, backends);
        return _discovery.Publisher!.PublishPartAsync(label, blob, descriptors?.Count ?? 0, cancellationToken);
    }

    /// <summary>Fetches a peer's metadata from the store and loads it; waits for at most the exchange timeout for a peer that has published nothing yet. From then on
    /// the peer is kept up to date.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="label">Which of its blobs; null for everything that it exposes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NixlException">TimedOut: nothing was published in time. Mismatch: what is stored there belongs to another agent. Otherwise the store's failure, or
    /// why it was not loaded.</exception>
    public async Task FetchPeerAsync(string peer, string? label = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var store = Store("FetchPeer");
        using var span = NixlSpan.Start(TelemetryNames.FetchMetadataSpan, Name, peer);
        try
        {
            _discovery.Want(peer);
            var deadline = Environment.TickCount64 + (long)_settings.Options.ExchangeTimeout.TotalMilliseconds;
            while (await _discovery.TryFetchAsync(peer, label ?? MetadataPublication.FullLabel, cancellationToken).ConfigureAwait(false) is null)
            {
                if (Environment.TickCount64 >= deadline)
                {
                    throw new NixlException(NixlStatus.TimedOut, "FetchPeer", $"{peer} has published nothing{(label is null ? "" : $" under {label}")} within {_settings.Options.ExchangeTimeout}")
                    {
                        Agent = Name,
                        Peer = peer,
                        Hint = $"Check that it runs, and publishes to {store.Endpoint} in the same namespace.",
                    };
                }

                await Task.Delay(FetchInterval, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    /// <summary>Takes this agent's metadata back from the store: those who loaded it forget this agent. It is not published again until
    /// <see cref="PublishMetadataAsync"/>.</summary>
    public Task WithdrawMetadataAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _ = Store("WithdrawMetadata");
        return _discovery.Publisher!.WithdrawAsync(cancellationToken);
    }

    /// <summary>Takes another agent out of the store: everybody who loaded it forgets it, and its present incarnation does not publish again by itself.</summary>
    /// <exception cref="NixlException">NotSupported: the store keeps no presence. InvalidParam: it is this agent itself. NotFound: the store does not have the
    /// agent. Otherwise the store's failure.</exception>
    public async Task EvictPeerAsync(string peer, CancellationToken cancellationToken = default)
    {
        const string Operation = "EvictPeer";
        ThrowIfDisposed();
        var directory = Directory(Operation);
        if (peer == Name)
        {
            throw new NixlException(NixlStatus.InvalidParam, Operation, "an agent cannot evict itself")
            {
                Agent = Name,
                Peer = peer,
                Hint = "Withdraw the metadata, or dispose the agent.",
            };
        }

        await MetadataStoreAccess.EvictAsync(Store(Operation), directory, Name, peer, cancellationToken).ConfigureAwait(false);
    }

    private IMetadataStore Store(string operation) => _discovery.Link?.Store ?? throw new NixlException(NixlStatus.NotSupported, operation, "the agent uses no metadata store")
    {
        Agent = Name,
        Hint = $"Name one in {nameof(NixlAgentOptions.Discovery)}.{nameof(DiscoveryOptions.Store)}, or set its environment variable and provide its plugin.",
    };

    private IMetadataDirectory Directory(string operation)
    {
        var store = Store(operation);
        return _discovery.Link!.Directory ?? throw new NixlException(NixlStatus.NotSupported, operation, $"{store.Endpoint} cannot tell who is there")
        {
            Agent = Name,
            Hint = "Fetch peers by name, or use a store that keeps presence.",
        };
    }

    private StoreLink? ChooseStore(EnvironmentSettings environment)
    {
        var link = new StoreChoice(_settings, environment, _plugins).Make();
        _storePrefix = link?.Metadata.VariablePrefix ?? "";
        return link;
    }

    /// <summary>What peers are told about this agent's listener.</summary>
    private (string Listener, int HeartbeatMs) Announce()
    {
        var discovery = _settings.Options.Discovery;
        return _listener is { } listener && !IsDraining
            ? (ListenerAddress.Describe(listener.BoundEndPoint, discovery.AdvertisedEndPoint), (int)discovery.HeartbeatInterval.TotalMilliseconds)
            : ("", 0);
    }

    /// <summary>Loads what discovery finds.</summary>
    private sealed class PeerLoader(NixlAgent agent) : IPeerLoader
    {
        public string LoadFromStore(ReadOnlyMemory<byte> blob, string expectedPeer, string voucher) => agent.Load(
            blob, "FetchPeer", source: null, metadata => agent.RequireName(metadata.AgentName, expectedPeer), voucher);

        public void Refresh(ReadOnlyMemory<byte> blob, RemoteAgent known) => agent.Load(
            blob,
            "RefreshPeer",
            known.Source,
            metadata =>
            {
                agent.RequireName(metadata.AgentName, known.Name);
                if (known.IsGone || metadata.Extension?.Incarnation != known.Incarnation)
                {
                    throw new NixlException(NixlStatus.Mismatch, "RefreshPeer", "another incarnation answered") { Agent = agent.Name, Peer = known.Name };
                }
            },
            known.Voucher);

        public Guid? IncarnationOf(ReadOnlyMemory<byte> blob)
            => AgentMetadataCodec.TryDecode(blob, agent._metadataLimits, out var metadata, out _) ? metadata.Extension?.Incarnation : null;

        public void OnPeerGone(RemoteAgent remote, string reason)
        {
            agent.Counters.CountPeerLost();
            StoreLog.PeerGone(agent._settings.Logger, agent.Name, remote.Name, reason);
        }
    }

    private void RequireName(string name, string expected)
    {
        if (name != expected)
        {
            throw new NixlException(NixlStatus.Mismatch, "FetchPeer", $"the metadata belongs to {PlainText.Of(name)}, not to {expected}")
            {
                Agent = Name,
                Peer = expected,
                Hint = "Somebody wrote another agent's metadata there; find out who can write to the store.",
            };
        }
    }
}
