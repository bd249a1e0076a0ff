using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Nixl.Agent;
using Nixl.Metadata;
using Nixl.Progress;

namespace Nixl.Liveness;

/// <summary>Watches the peers that announced heartbeats, and says when one is dead. A sign alone kills nobody: it takes missed heartbeats and an error of the transport, or
/// missed heartbeats and an expired lease; and a peer whose transfers move bytes is alive.</summary>
internal sealed class HeartbeatMonitor : IAsyncDisposable
{
    // With an error of the transport two missed heartbeats are enough; without one the lease must be over, too, and three be missed.
    private const int MissedWithError = 2;
    private const int MissedWithoutError = 3;
    private const int LooksPerInterval = 4;

    private readonly AgentSettings _settings;
    private readonly ProgressLoop _loop;
    private readonly DirectConnector _connector;
    private readonly Guid _ownIncarnation;
    private readonly IHeartbeatReactions _reactions;
    private readonly TimeSpan _interval;
    private readonly ConcurrentDictionary<string, HeartbeatLink> _links = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<HeartbeatLink, byte> _ending = [];

    // The incarnations whose heartbeats have arrived: one that is loaded again after its connection broke is not a stranger.
    private readonly ConcurrentDictionary<string, Guid> _heard = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _looking; // guarded by _gate

    internal HeartbeatMonitor(AgentSettings settings, ProgressLoop loop, DirectConnector connector, Guid ownIncarnation, IHeartbeatReactions reactions)
    {
        _settings = settings;
        _loop = loop;
        _connector = connector;
        _ownIncarnation = ownIncarnation;
        _reactions = reactions;
        _interval = settings.Options.Discovery.HeartbeatInterval;
    }

    /// <summary>How many peers are watched.</summary>
    internal int Count => _links.Count;

    /// <summary>Whether a peer's heartbeats arrive.</summary>
    internal bool HasHeartbeat(string peer)
        => _links.TryGetValue(peer, out var link) && link.HasBeaten && link.Silence(Environment.TickCount64) < (long)MissedWithoutError * link.IntervalMs;

    /// <summary>Whether a peer's heartbeats have ever arrived, so that their absence will tell.</summary>
    internal bool IsWatched(RemoteAgent remote) => _links.TryGetValue(remote.Name, out var link) && link.Remote == remote && link.HasBeaten;

    /// <summary>Watches a peer, if it announced heartbeats.</summary>
    internal void Watch(RemoteAgent remote)
    {
        if (_interval == TimeSpan.Zero || remote.HeartbeatMs <= 0 || remote.Incarnation is null || _stop.IsCancellationRequested)
        {
            return;
        }

        if (_links.TryGetValue(remote.Name, out var known) && known.Remote == remote)
        {
            return;
        }

        if (ListenerAddress.Parse(remote.Listener) is not { } endpoint)
        {
            return;
        }

        var link = new HeartbeatLink(remote, endpoint, _connector, _ownIncarnation, OnReceived)
        {
            Strange = strange => LivenessLog.OtherVersion(_settings.Logger, _settings.AgentName, strange.Name),
        };
        link.HasBeaten = _heard.TryGetValue(remote.Name, out var heard) && heard == remote.Incarnation;
        _links[remote.Name] = link;
        if (known is not null)
        {
            End(known);
        }

        link.Start();
        lock (_gate)
        {
            _looking ??= Task.Run(LookAsync);
        }

        if (remote.IsGone)
        {
            Unwatch(remote); // dropped meanwhile
        }
    }

    internal void Unwatch(RemoteAgent remote)
    {
        if (_links.TryGetValue(remote.Name, out var link) && link.Remote == remote && _links.TryRemove(new KeyValuePair<string, HeartbeatLink>(remote.Name, link)))
        {
            End(link);
        }
    }

    /// <summary>Forgets that a peer was ever heard: it is gone for good.</summary>
    internal void Forget(string peer) => _heard.TryRemove(peer, out _);

    /// <summary>What the store says about a peer's lease.</summary>
    internal void SetLease(string peer, bool isOver)
    {
        if (_links.TryGetValue(peer, out var link))
        {
            link.IsLeaseOver = isOver;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task looking;
        lock (_gate)
        {
            looking = _looking ?? Task.CompletedTask;
        }

        await looking.ConfigureAwait(false);
        await Task.WhenAll(_links.Values.Concat(_ending.Keys).Select(static link => link.DisposeAsync().AsTask())).ConfigureAwait(false);
        _links.Clear();
        _stop.Dispose();
    }

    /// <summary>Ends a link without waiting: this may be its own task.</summary>
    private void End(HeartbeatLink link)
    {
        _ending.TryAdd(link, 0);
        _ = Task.Run(async () =>
        {
            if (!_stop.IsCancellationRequested && _ending.TryRemove(link, out _))
            {
                await link.DisposeAsync().ConfigureAwait(false);
            }
        });
    }

    private async Task LookAsync()
    {
        var period = _interval / LooksPerInterval;
        using var timer = new PeriodicTimer(period);
        var last = Environment.TickCount64;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var now = Environment.TickCount64;
                if (now - last > 2 * _interval.TotalMilliseconds)
                {
                    // This process was stopped: what came in meanwhile has not been read yet, so nobody's silence means anything.
                    _links.Values.ToList().ForEach(link => link.Forgive(now));
                }

                last = now;
                foreach (var (_, link) in _links)
                {
                    Look(link, now);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private void Look(HeartbeatLink link, long now)
    {
        if (!link.HasBeaten)
        {
            return;
        }

        var silence = link.Silence(now);
        link.Remote.IsSuspect = silence >= link.IntervalMs && (link.HasFailed || link.IsLeaseOver); // silence alone gives nobody's name away
        var isDead = (link.HasFailed && silence >= (long)MissedWithError * link.IntervalMs)
            || (link.IsLeaseOver && silence >= (long)MissedWithoutError * link.IntervalMs);
        if (!isDead)
        {
            link.TransferMark = silence > link.IntervalMs ? Mark(link.Remote) : 0;
            return;
        }

        var mark = Mark(link.Remote);
        if (mark != link.TransferMark)
        {
            link.TransferMark = mark;
            link.Forgive(now - ((long)(MissedWithError - 1) * link.IntervalMs)); // it moves bytes: another look after one more interval
            return;
        }

        var seconds = (silence / 1000.0).ToString("0.0", CultureInfo.InvariantCulture);
        _reactions.OnDead(link.Remote, $"no heartbeat for {seconds} s, and {(link.HasFailed ? "its listener is gone" : "its lease is over")}");
    }

    /// <summary>A number that changes when a transfer with the peer ends well.</summary>
    private long Mark(RemoteAgent remote)
    {
        var mark = 0L;
        foreach (var transfer in _loop.Transfers.Slots)
        {
            if (transfer is not null && transfer.Remote == remote && transfer.Status == NixlStatus.Success)
            {
                mark += ((long)RuntimeHelpers.GetHashCode(transfer) << 20) + transfer.PostNumber;
            }
        }

        return mark;
    }

    private void OnReceived(HeartbeatLink link, Heartbeat heartbeat)
    {
        if (_stop.IsCancellationRequested || link.Remote.IsGone)
        {
            return;
        }

        if (heartbeat.Incarnation != link.Remote.Incarnation)
        {
            _reactions.OnDead(link.Remote, "another agent, or another incarnation, is at its address");
            return;
        }

        _heard[link.Remote.Name] = heartbeat.Incarnation;
        switch (heartbeat.Kind)
        {
            case HeartbeatKind.Beat when heartbeat.Sequence > link.Remote.Sequence && link.Remote.IsFull:
                _reactions.OnOutdated(link.Remote, link.Endpoint);
                break;
            case HeartbeatKind.Leaving:
                _reactions.OnDead(link.Remote, "it has ended");
                break;
            case HeartbeatKind.Ceasing:
                Unwatch(link.Remote);
                break;
        }
    }
}
