using System.Net;
using Nixl.Agent;
using Nixl.Liveness;
using Nixl.Metadata;
using Nixl.Progress;

namespace Nixl.Discovery;

/// <summary>One agent's view of its peers: who is there, who is published to them, who of them is dead. The store, where there is one, and the heartbeats come together
/// here.</summary>
/// <remarks>Nothing here holds a lock while it calls a store, a peer or an engine, and no transfer waits for any of it.</remarks>
internal sealed class PeerDiscovery : IStoreReactions, IHeartbeatReactions, IAsyncDisposable
{
    private static readonly TimeSpan CareInterval = TimeSpan.FromSeconds(1);

    private readonly AgentSettings _settings;
    private readonly MetadataExporter _exporter;
    private readonly RemoteDirectory _remotes;
    private readonly DirectMetadataClient _client;
    private readonly IPeerLoader _loader;
    private readonly StoreLink? _link;
    private readonly StorePublisher? _publisher;
    private readonly StoreFollower? _follower;
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal); // guarded by itself
    private readonly HashSet<string> _refreshing = new(StringComparer.Ordinal); // guarded by itself
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _caring;

    internal PeerDiscovery(
        AgentSettings settings, ProgressLoop loop, MetadataExporter exporter, MemoryRegistry memory, RemoteDirectory remotes, DirectMetadataClient client, IPeerLoader loader, StoreLink? link)
    {
        _settings = settings;
        _exporter = exporter;
        _remotes = remotes;
        _client = client;
        _loader = loader;
        _link = link;
        Sender = new HeartbeatSender(exporter, settings.Options.Discovery.HeartbeatInterval, settings.Options.Limits.HeartbeatReceiversMax)
        {
            Refused = () => settings.Counters.CountLimit(nameof(LimitsOptions.HeartbeatReceiversMax)),
        };
        Monitor = new HeartbeatMonitor(settings, loop, client.Connector, exporter.Incarnation, this);
        memory.Changed = OnMemoryChanged;
        remotes.Loaded = OnLoaded;
        remotes.Dropped = OnDropped;
        if (link is not null)
        {
            _publisher = new StorePublisher(
                settings, link, exporter, () => memory.RegionCount, (holder, cancel) => HeartbeatProbe.AnswersAsync(holder, client.Connector, exporter.Incarnation, cancel));
            _follower = new StoreFollower(settings, link, Board, this);
        }

        _caring = link?.Directory is null ? Task.CompletedTask : Task.Run(CareAsync);
    }

    internal PeerBoard Board { get; } = new();

    internal HeartbeatSender Sender { get; }

    internal HeartbeatMonitor Monitor { get; }

    internal StorePublisher? Publisher => _publisher;

    internal StoreFollower? Follower => _follower;

    internal StoreLink? Link => _link;

    private bool IsAutomatic => _link?.Mode == DiscoveryMode.Automatic;

    private string? Voucher => _link is null ? null : $"{_link.Metadata.Name} {_link.Store.Endpoint}";

    /// <summary>Does what the mode says is done without being asked.</summary>
    internal void Begin()
    {
        if (IsAutomatic)
        {
            _publisher!.Begin();
            _follower!.Start();
        }
    }

    /// <summary>Wants a peer from now on: loads it whenever the store has it.</summary>
    internal void Want(string peer)
    {
        lock (_wanted)
        {
            _wanted.Add(peer);
        }

        Board.Recall(peer);
        _follower?.Start();
    }

    /// <summary>Wants a peer no more, because the application sent it away.</summary>
    internal void Dismiss(string peer)
    {
        lock (_wanted)
        {
            _wanted.Remove(peer);
        }

        Board.Dismiss(peer);
    }

    /// <summary>What does not work at present; for health.</summary>
    internal IEnumerable<string> Problems()
    {
        if (_publisher?.Failure is { } publishing)
        {
            yield return $"The metadata store does not have this agent's metadata: {publishing}";
        }

        if (_follower?.Failure is { } following)
        {
            yield return $"The metadata store cannot be followed: {following}";
        }
    }

    /// <summary>Loads what the store has of a peer now; null when it has nothing.</summary>
    internal async Task<string?> TryFetchAsync(string peer, string label, CancellationToken cancellationToken)
        => await _link!.Store.FetchAsync(peer, label, cancellationToken).ConfigureAwait(false) is { Length: > 0 } blob
            ? _loader.LoadFromStore(blob, peer, Voucher!) : null;

    /// <summary>Tells those who get heartbeats that no more come, and lets newcomers find nothing.</summary>
    internal async Task DrainAsync(CancellationToken cancellationToken)
    {
        Sender.End(HeartbeatKind.Ceasing);
        if (_publisher is not null)
        {
            await _publisher.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Sender.End(HeartbeatKind.Leaving);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _caring.ConfigureAwait(false);
        await Monitor.DisposeAsync().ConfigureAwait(false);
        await Sender.DisposeAsync().ConfigureAwait(false);
        if (_link is not null)
        {
            await _follower!.DisposeAsync().ConfigureAwait(false);
            await _publisher!.DisposeAsync().ConfigureAwait(false);
            await _link.Store.DisposeAsync().ConfigureAwait(false);
        }

        Board.Close();
        _stop.Dispose();
    }

    public void OnOwn(DirectoryEvent change)
    {
        if (change.Kind is DirectoryEventKind.Invalidated or DirectoryEventKind.PresenceGone
            || (change.Kind == DirectoryEventKind.Presence && (change.Presence!.Incarnation != _exporter.Incarnation || change.Presence.State == PresenceState.Evicted)))
        {
            _publisher!.OnLost(); // it looks, and finds that it was evicted, is to publish again, or wants to publish nothing
        }
    }

    public bool Wants(string peer)
    {
        if (!Board.IsWelcome(peer))
        {
            return false;
        }

        if (IsAutomatic)
        {
            return true;
        }

        lock (_wanted)
        {
            return _wanted.Contains(peer);
        }
    }

    public bool IsOutdated(PresenceRecord presence)
        => !_remotes.TryFind(presence.Agent, out var known) || known.Incarnation != presence.Incarnation || known.Sequence < presence.Sequence;

    public void TryLoad(string peer, ReadOnlyMemory<byte> blob)
    {
        try
        {
            _loader.LoadFromStore(blob, peer, Voucher!);
        }
        catch (NixlException refused)
        {
            StoreLog.PeerNotLoaded(_settings.Logger, _settings.AgentName, peer, refused.Message);
        }
        catch (ObjectDisposedException)
        {
            // The agent ends.
        }
    }

    public void OnLeaseHeld(PresenceRecord presence) => Monitor.SetLease(presence.Agent, isOver: false);

    public void OnLeaseOver(string peer)
    {
        StoreLog.PresenceGone(_settings.Logger, _settings.AgentName, peer);
        Monitor.SetLease(peer, isOver: true);
        if (!_remotes.TryFind(peer, out _))
        {
            Board.Gone(peer, "its lease in the store is over"); // nothing else is known of it
        }
    }

    public void OnGone(PresenceRecord presence)
    {
        var reason = presence.State == PresenceState.Evicted ? "it was evicted" : "it left";
        if (_remotes.TryFind(presence.Agent, out var remote) && remote.Incarnation == presence.Incarnation)
        {
            Leave(remote, reason);
        }
        else if (Board.Presence(presence.Agent) is not { } known || known.Incarnation == presence.Incarnation)
        {
            Board.Gone(presence.Agent, reason);
        }
    }

    public void OnInvalidated(string peer)
    {
        if (!_remotes.TryFind(peer, out var remote))
        {
            if (Board.Presence(peer) is null)
            {
                Board.Gone(peer, "its keys were removed");
            }

            return;
        }

        // An agent of ours whose heartbeats arrive is not gone because the long lease of its keys ended, or somebody removed them: it publishes them again.
        if (!Monitor.IsWatched(remote) && IsVouched(remote))
        {
            Leave(remote, "its metadata was invalidated");
        }
    }

    public void OnDead(RemoteAgent remote, string reason)
    {
        if (remote.IsGone)
        {
            return;
        }

        LivenessLog.Dead(_settings.Logger, _settings.AgentName, remote.Name, reason);
        Leave(remote, reason);
        if (_link is not null)
        {
            _ = Task.Run(() => TellStoreAsync(remote));
        }
    }

    public void OnOutdated(RemoteAgent remote, EndPoint listener)
    {
        lock (_refreshing)
        {
            if (!_refreshing.Add(remote.Name))
            {
                return;
            }
        }

        _ = Task.Run(() => RefreshAsync(remote, listener));
    }

    private bool IsVouched(RemoteAgent remote) => remote.Voucher is { } voucher && voucher == Voucher;

    private void Leave(RemoteAgent remote, string reason)
    {
        Monitor.Forget(remote.Name);
        Board.Gone(remote.Name, reason); // before it is dropped, so that who listens hears the reason
        if (_remotes.Invalidate(remote))
        {
            _loader.OnPeerGone(remote, reason);
        }
    }

    /// <summary>Removes what a dead agent has published, so that upstream's agents, which send no heartbeats and get none, hear of it, too.</summary>
    private async Task TellStoreAsync(RemoteAgent dead)
    {
        try
        {
            var found = await _link!.Store.FetchAsync(dead.Name, MetadataPublication.FullLabel, _stop.Token).ConfigureAwait(false);
            if (found is { Length: > 0 } blob && _loader.IncarnationOf(blob) == dead.Incarnation)
            {
                await _link.Store.InvalidateAsync(dead.Name, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NixlException or OperationCanceledException or ObjectDisposedException)
        {
            StoreLog.WithdrawFailed(_settings.Logger, _settings.AgentName, e.Message);
        }
    }

    private async Task RefreshAsync(RemoteAgent remote, EndPoint listener)
    {
        try
        {
            LivenessLog.Refreshing(_settings.Logger, _settings.AgentName, remote.Name);
            var blob = await _client.FetchAsync(listener, _stop.Token).ConfigureAwait(false);
            _loader.Refresh(blob, remote);
        }
        catch (NixlException failure)
        {
            LivenessLog.RefreshFailed(_settings.Logger, _settings.AgentName, remote.Name, failure.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The agent ends.
        }
        finally
        {
            lock (_refreshing)
            {
                _refreshing.Remove(remote.Name);
            }
        }
    }

    private void OnMemoryChanged()
    {
        _exporter.MarkChanged();
        _publisher?.Touch();
    }

    private void OnLoaded(RemoteAgent remote)
    {
        Board.Loaded(remote.Name);
        Monitor.Watch(remote);
        if (remote.IsGone && !_remotes.TryFind(remote.Name, out _))
        {
            Board.Unloaded(remote.Name); // dropped meanwhile
        }
    }

    private void OnDropped(RemoteAgent remote)
    {
        Monitor.Unwatch(remote);
        Board.Unloaded(remote.Name);
    }

    /// <summary>Tries again what did not come about, and forgets who stays away.</summary>
    private async Task CareAsync()
    {
        using var timer = new PeriodicTimer(CareInterval);
        var patience = (long)(2 * _settings.Options.Discovery.PresenceLease.TotalMilliseconds);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var now = Environment.TickCount64;
                Board.Missing(now).FindAll(Wants).ForEach(_follower!.Enqueue);
                Board.DropLost(now - patience);
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }
}
