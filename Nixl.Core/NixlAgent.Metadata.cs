using System.Net;
using Nixl.Agent;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Liveness;
using Nixl.Metadata;

namespace Nixl;

/// <content>Metadata: exporting this agent's, loading peers', and the direct exchange with their listeners.</content>
public sealed partial class NixlAgent
{
    private int _refusersTold;

    /// <summary>Everything that a peer needs to reach this agent and its registered memory, in NIXL's own format.</summary>
    /// <exception cref="NixlException">InvalidParam: no backend reaches other agents.</exception>
    public byte[] GetLocalMetadata()
    {
        ThrowIfDisposed();
        TellWhoRefuses();
        return _exporter.Full();
    }

    /// <summary>Metadata about some registrations only, to be loaded on top of what the peer has.</summary>
    /// <param name="descriptors">Ranges exactly as they were registered; null or empty for connection info alone.</param>
    /// <param name="includeConnectionInfo">Whether to add the connection info, which a peer that knows nothing of this agent needs first.</param>
    /// <param name="backends">The backends to consider; null for all.</param>
    /// <exception cref="NixlException">NotFound: a range was not registered as such. BackendError: no chosen backend exposes this memory type to peers.</exception>
    public byte[] GetLocalPartialMetadata(DescriptorList? descriptors, bool includeConnectionInfo = false, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        return _exporter.Partial(descriptors, includeConnectionInfo, backends);
    }

    /// <summary>Loads a peer's metadata that the application brought over.</summary>
    /// <returns>The peer's name.</returns>
    /// <exception cref="NixlException">Mismatch: not metadata or damaged. InvalidParam: this agent's own. BackendError: no backend in common. NotAllowed: it
    /// contradicts what is known of the peer.</exception>
    public string LoadRemoteMetadata(ReadOnlyMemory<byte> blob)
    {
        ThrowIfDisposed();
        return Load(blob, "LoadRemoteMetadata", source: null);
    }

    /// <summary>Whether a peer is known and, when <paramref name="descriptors"/> is given, whether one of its backends exposes all of them.</summary>
    public bool CheckRemoteMetadata(string peer, DescriptorList? descriptors = null)
    {
        ThrowIfDisposed();
        if (!_remotes.TryFind(peer, out var remote))
        {
            return false;
        }

        if (descriptors is null || descriptors.Count == 0)
        {
            return true;
        }

        var list = SideList.Over(descriptors.AsMemory());
        return remote.Connections.Keys.Any(
            instance => ResolvedSide.TryResolve(remote.Section(descriptors.Type, instance), list, static region => region, out _) is not null);
    }

    /// <summary>Forgets a peer: its transfers end with RemoteDisconnect, its connections are dropped, its memory is unloaded.</summary>
    /// <exception cref="NixlException">NotFound: it is not known. InvalidParam: it is this agent itself.</exception>
    public void InvalidateRemote(string peer)
    {
        ThrowIfDisposed();
        if (peer == Name)
        {
            throw new NixlException(NixlStatus.InvalidParam, "InvalidateRemote", "an agent cannot forget itself")
            {
                Agent = Name,
                Peer = peer,
                Hint = "Name a peer, or dispose the agent.",
            };
        }

        _discovery.Dismiss(peer);
        if (!_remotes.Invalidate(peer))
        {
            _ = _remotes.Get(peer, "InvalidateRemote");
        }
    }

    /// <summary>Waits until a peer's metadata is loaded: because it sent it to this agent's listener, or, where a store is in use, because it has published it there.</summary>
    /// <exception cref="NixlException">TimedOut: it did not come in time.</exception>
    public Task WaitForPeerAsync(string peer, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _discovery.Want(peer);
        return WaitForLoadAsync(peer, timeout ?? _settings.TransferTimeout, cancellationToken);
    }

    /// <summary>Sends this agent's metadata to a peer's listener, which loads it. Completes when the bytes were handed to the network: the protocol has no
    /// answer, so the peer may load, or refuse, them a moment later; there <see cref="WaitForPeerAsync"/> tells.</summary>
    public Task SendLocalMetadataAsync(EndPoint listener, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return At(listener).PublishAsync(new MetadataPublication(Name, MetadataPublication.FullLabel, GetLocalMetadata()), cancellationToken);
    }

    /// <summary>Sends metadata about some registrations to a peer's listener, which loads it on top of what it has. Completes as
    /// <see cref="SendLocalMetadataAsync"/> does.</summary>
    /// <param name="listener">Where the peer listens.</param>
    /// <param name="descriptors">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="includeConnectionInfo">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="backends">As for <see cref="GetLocalPartialMetadata"/>.</param>
    /// <param name="cancellationToken">Ends the exchange.</param>
    public Task SendLocalPartialMetadataAsync(
        EndPoint listener,
        DescriptorList? descriptors,
        bool includeConnectionInfo = false,
        IReadOnlyList<string>? backends = null,
        CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var blob = GetLocalPartialMetadata(descriptors, includeConnectionInfo, backends);
        return At(listener).PublishAsync(new MetadataPublication(Name, MetadataPublication.FullLabel, blob), cancellationToken);
    }

    /// <summary>Asks a peer's listener for its metadata and loads it.</summary>
    /// <returns>The peer's name.</returns>
    /// <param name="listener">Where the peer listens.</param>
    /// <param name="expectedPeer">The name it must have; null for any.</param>
    /// <param name="cancellationToken">Ends the exchange.</param>
    /// <exception cref="NixlException">The peer cannot be reached, does not speak the protocol, does not answer in time, or has another name (Mismatch).</exception>
    public async Task<string> FetchRemoteMetadataAsync(EndPoint listener, string? expectedPeer = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        using var span = NixlSpan.Start(TelemetryNames.FetchMetadataSpan, Name, expectedPeer);
        try
        {
            return await FetchAsync(listener, expectedPeer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    private async Task<string> FetchAsync(EndPoint listener, string? expectedPeer, CancellationToken cancellationToken)
    {
        var blob = await At(listener).FetchAsync(cancellationToken).ConfigureAwait(false);
        var voucher = _settings.Security.Key is null ? null : DirectSecurity.KeyVoucher; // the listener has proved it, or there were no bytes
        return Load(blob, "FetchRemoteMetadata", AddressOf(listener), metadata =>
        {
            if (expectedPeer is not null && metadata.AgentName != expectedPeer)
            {
                throw new NixlException(
                    NixlStatus.Mismatch, "FetchRemoteMetadata", $"the listener at {listener} belongs to {metadata.AgentName}, not to {expectedPeer}")
                {
                    Agent = Name,
                    Peer = expectedPeer,
                    Hint = "Check the address and the port.",
                };
            }
        }, voucher);
    }

    /// <summary>Tells a peer's listener to forget this agent. Completes when the bytes were handed to the network: the protocol has no answer.</summary>
    public Task InvalidateLocalMetadataAsync(EndPoint listener, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return At(listener).InvalidateAsync(Name, cancellationToken);
    }

    private DirectExchange At(EndPoint listener) => new(_client, listener);

    /// <summary>Says once, when metadata is exported, that it offers nothing to NIXL's other agents.</summary>
    private void TellWhoRefuses()
    {
        var offered = _offersOthers ? "" : string.Join(", ", _backends.Instances.Where(static instance => instance.Remote is not null).Select(static instance => instance.Name));
        if (offered.Length > 0 && Interlocked.Exchange(ref _refusersTold, 1) == 0)
        {
            StoreLog.OwnKindOnly(_settings.Logger, Name, offered);
        }
    }

    /// <summary>Waits for the load, whoever does it, and fetches what a store has already.</summary>
    private async Task WaitForLoadAsync(string peer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = _discovery.Link is null ? Task.CompletedTask : FetchUntilLoadedAsync(peer, end.Token);
        try
        {
            await _remotes.WaitForAsync(peer, timeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await fetching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FetchUntilLoadedAsync(string peer, CancellationToken cancellationToken)
    {
        // A directory tells when the peer appears; any other store has to be asked again and again.
        var isTold = _discovery.Link!.Directory is not null;
        while (!_remotes.TryFind(peer, out _))
        {
            try
            {
                await _discovery.TryFetchAsync(peer, MetadataPublication.FullLabel, cancellationToken).ConfigureAwait(false);
            }
            catch (NixlException)
            {
                // The wait says what it waited for; the store's own troubles are logged and in the agent's health.
            }

            await Task.Delay(isTold ? FetchInterval * 10 : FetchInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IPAddress? AddressOf(EndPoint endPoint) => (endPoint as IPEndPoint)?.Address;

    /// <summary>Decodes, checks and loads a peer's metadata; a refusal is counted, whoever handles it.</summary>
    private string Load(ReadOnlyMemory<byte> blob, string operation, IPAddress? source, Action<AgentMetadata>? check = null, string? voucher = null)
    {
        using var span = NixlSpan.Start(TelemetryNames.LoadMetadataSpan, Name);
        span.Tag(TelemetryNames.BytesTag, blob.Length);
        try
        {
            CheckMetadataLimit(blob.Length, operation);
            var metadata = Decode(blob, operation);
            span.Tag(TelemetryNames.PeerTag, metadata.AgentName);
            check?.Invoke(metadata);
            if (!_remotes.TryFind(metadata.AgentName, out var known))
            {
                WarnOfOtherVersions(metadata);
            }
            else if (known.LostOver is { } backend)
            {
                OnPeerLost(known, backend); // before the housekeeping comes to it: what its successor says is not to be compared with what it said
            }

            _remotes.Load(metadata, source, voucher);
            return metadata.AgentName;
        }
        catch (NixlException refused)
        {
            span.Fails(refused);
            Counters.CountMetadataRefused();
            throw;
        }
    }

    /// <summary>A record that is there and cannot be read is worth a line: what it would offer is not used.</summary>
    private void WarnOfOtherVersions(AgentMetadata metadata)
    {
        if (metadata.Extension is null && !_settings.Options.StrictMetadata && metadata.TrailingBytes.Span.StartsWith(MetadataTags.Extension))
        {
            StoreLog.OtherVersion(_settings.Logger, Name, metadata.AgentName);
        }
    }

    private AgentMetadata Decode(ReadOnlyMemory<byte> blob, string operation)
        => AgentMetadataCodec.TryDecode(blob, _metadataLimits, out var metadata, out var error)
            ? _settings.Options.StrictMetadata ? metadata.AsUpstreamReads() : metadata
            : throw new NixlException(error.Status, operation, error.Reason)
            {
                Agent = Name,
                Hint = "The bytes must be the unchanged result of a peer's GetLocalMetadata or of upstream's getLocalMD.",
            };

    /// <summary>What the listener does with peers' commands.</summary>
    private sealed class MetadataEndpoint(NixlAgent agent) : IMetadataEndpoint
    {
        public ReadOnlyMemory<byte> ExportLocal() => agent.GetLocalMetadata();

        public NixlStatus LoadFromPeer(ReadOnlyMemory<byte> blob, IPAddress source) => LoadFromPeer(blob, source, proof: null);

        public NixlStatus LoadFromPeer(ReadOnlyMemory<byte> blob, IPAddress source, string? proof)
        {
            try
            {
                agent.Load(blob, "LoadRemoteMetadata", source, voucher: proof);
                return NixlStatus.Success;
            }
            catch (NixlException refused)
            {
                AgentLog.MetadataRefused(agent._settings.Logger, agent.Name, source, refused.Message);
                return refused.Status;
            }
            catch (ObjectDisposedException)
            {
                return NixlStatus.NotAllowed;
            }
        }

        public NixlStatus InvalidateFromPeer(string agentName, IPAddress source) => InvalidateFromPeer(agentName, source, proof: null);

        public NixlStatus InvalidateFromPeer(string agentName, IPAddress source, string? proof)
        {
            if (agent._remotes.TryFind(agentName, out var remote) && !remote.IsSuspect && !RemoteDirectory.IsSameOrigin(remote, source, proof)
                && agent._settings.Options.Takeover != TakeoverPolicy.Always)
            {
                AgentLog.InvalidationRefused(agent._settings.Logger, agent.Name, agentName, source);
                return NixlStatus.NotAllowed;
            }

            return agent._remotes.Invalidate(agentName) ? NixlStatus.Success : NixlStatus.NotFound;
        }

        public NixlStatus Subscribe(ReadOnlySpan<byte> payload, IHeartbeatReceiver receiver) => agent._discovery.Sender.Subscribe(payload, receiver);

        public void Unsubscribe(IHeartbeatReceiver receiver) => agent._discovery.Sender.Unsubscribe(receiver);
    }
}
