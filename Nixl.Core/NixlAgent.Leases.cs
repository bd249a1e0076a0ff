using System.Diagnostics;
using Nixl.Agent;

namespace Nixl;

/// <content>Leases, and leaving in good order.</content>
public sealed partial class NixlAgent
{
    private int _draining;

    /// <summary>The leases that have not ended; a snapshot.</summary>
    public IReadOnlyList<MemoryLease> Leases => _leases.Active;

    /// <summary>Whether <see cref="DrainAsync"/> was called: new peers and leases are refused from then on.</summary>
    public bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>Promises a peer that ranges keep their content until it sends <paramref name="tag"/> as a notification, <paramref name="timeToLive"/> is over,
    /// or it is gone. Keep their registration, and reuse them when <see cref="MemoryLease.Ended"/> has completed.</summary>
    /// <param name="descriptors">Ranges of this agent's registered memory that the peer can reach.</param>
    /// <param name="peer">Whom it is promised to.</param>
    /// <param name="tag">The notification that releases the lease: exactly this text in UTF-8, from this peer. Use each tag once.</param>
    /// <param name="timeToLive">How long at most; <see cref="MemoryLease.Renew"/> starts it anew.</param>
    /// <exception cref="NixlException">NotFound: the peer is unknown, or the memory is not registered with a backend that reaches it. NotAllowed: the agent is
    /// draining.</exception>
    public MemoryLease Lease(DescriptorList descriptors, string peer, string tag, TimeSpan timeToLive)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(descriptors);
        ArgumentException.ThrowIfNullOrEmpty(peer);
        ArgumentException.ThrowIfNullOrEmpty(tag);
        LeaseTable.CheckTimeToLive(timeToLive);
        if (descriptors.Count == 0)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Lease", "the list is empty")
            {
                Agent = Name,
                Peer = peer,
                Hint = "Name at least one range.",
            };
        }

        var remote = _remotes.Get(peer, "Lease");
        var ranges = descriptors.AsSpan().ToArray();
        var list = SideList.Over(ranges);
        var refusals = new List<RouteMatch>();
        foreach (var instance in _backends.RoutingOrder.Where(remote.Connections.ContainsKey))
        {
            if (_routes.Resolve(instance, descriptors.Type, list, null, asRemote: false, out var missing, out var reason) is not null)
            {
                return _leases.Give(remote, descriptors.Type, ranges, timeToLive, tag);
            }

            refusals.Add(new RouteMatch(instance, null, null, missing, reason));
        }

        throw _routes.NoBackend("Lease", peer, refusals);
    }

    /// <summary>Leaves in good order: closes the listener and refuses new peers and leases at once, keeps memory registered and progress running until every
    /// lease has returned and no transfer is in flight, or <paramref name="grace"/> is over; then cuts what is left. Known peers are served until then. Dispose
    /// the agent afterwards.</summary>
    /// <param name="grace">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing is cut, and the agent stays draining.</param>
    public async Task<DrainReport> DrainAsync(TimeSpan grace, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        var start = Stopwatch.GetTimestamp();
        if (Interlocked.Exchange(ref _draining, 1) == 0)
        {
            AgentLog.Draining(_settings.Logger, Name, grace, _leases.Active.Count, InFlight().Count);
        }

        _remotes.RefusesNew = true;
        _leases.Close();
        await LetNobodyFindThisAsync(cancellationToken).ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(grace);
        try
        {
            await WaitUntilIdleAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The grace is over.
        }

        var leases = _leases.Cut();
        var transfers = InFlight();
        transfers.ForEach(static transfer => transfer.Cancel());
        var report = new DrainReport(leases, transfers.ConvertAll(Describe), Stopwatch.GetElapsedTime(start));
        AgentLog.Drained(_settings.Logger, Name, report.Elapsed, report.CutLeases.Count, report.CutTransfers.Count);
        return report;
    }

    /// <summary>Newcomers find nothing in the store, and nobody takes the end of the heartbeats for a death. A store that does not answer delays nothing for long.</summary>
    private async Task LetNobodyFindThisAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_settings.Options.ExchangeTimeout);
        try
        {
            await _discovery.DrainAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NixlException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The publisher has logged it; draining goes on.
        }
    }

    private async Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var leases = _leases.Active;
            var transfers = InFlight();
            if (leases.Count == 0 && transfers.Count == 0)
            {
                return;
            }

            foreach (var lease in leases)
            {
                await lease.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            foreach (var transfer in transfers)
            {
                await transfer.WhenQuiescent(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private List<TransferCore> InFlight() => _loop.Transfers.ToList().FindAll(static transfer => !transfer.IsQuiescent);

    private static string Describe(TransferCore transfer)
        => $"{transfer.Operation} of {transfer.TotalBytes} bytes with {transfer.RemoteAgent} over {transfer.Backend}";
}
