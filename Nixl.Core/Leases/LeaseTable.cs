using Nixl.Agent;
using Nixl.Progress;

namespace Nixl;

/// <summary>The leases that an agent has given and not got back.</summary>
/// <remarks>Each waits for its tag like any other wait for a notification, and counts as somebody who waits: the progress thread runs for it in every mode.
/// The lock is never held across a call out.</remarks>
internal sealed class LeaseTable(AgentSettings settings, ProgressLoop loop, NotificationRouter router)
{
    private static readonly TimeSpan TimeToLiveMax = TimeSpan.FromDays(49); // what a timer takes

    private readonly Lock _gate = new();
    private readonly List<MemoryLease> _leases = []; // guarded by _gate
    private bool _isClosed;                          // guarded by _gate

    /// <summary>The leases that have not ended; a snapshot.</summary>
    internal List<MemoryLease> Active
    {
        get
        {
            lock (_gate)
            {
                return [.. _leases];
            }
        }
    }

    internal static void CheckTimeToLive(TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeToLive, TimeToLiveMax);
    }

    /// <summary>Gives a lease. The tag may have come before; then the lease is released at once.</summary>
    internal MemoryLease Give(RemoteAgent remote, MemoryType type, MemoryDescriptor[] descriptors, TimeSpan timeToLive, string tag)
    {
        var lease = new MemoryLease(this, remote, type, descriptors, tag);
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new NixlException(NixlStatus.NotAllowed, "Lease", "the agent is draining and gives no leases")
                {
                    Agent = settings.AgentName,
                    Peer = remote.Name,
                    Hint = "Serve the peer from another agent.",
                };
            }

            _leases.Add(lease);
        }

        loop.CountAwaiters(1);
        if (router.TryTakeOrList(NotificationFilter.Exactly(tag, remote.Name), lease.Wait, out var notification))
        {
            notification.Dispose();
            lease.End(LeaseEnd.Released);
            return lease;
        }

        loop.KickForAwait();
        if (!lease.Renew(timeToLive))
        {
            DropWait(lease); // ended before it had its wait
        }

        if (remote.IsGone)
        {
            lease.End(LeaseEnd.PeerGone); // lost before the lease stood in the table
        }

        return lease;
    }

    /// <summary>Ends the leases of peers that are known no more.</summary>
    internal void EndOfGonePeers()
    {
        foreach (var lease in Active.Where(static lease => lease.Remote.IsGone))
        {
            lease.End(LeaseEnd.PeerGone);
        }
    }

    /// <summary>Refuses new leases.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Ends every lease that is left, and says which.</summary>
    internal IReadOnlyList<MemoryLease> Cut() => Active.FindAll(static lease => lease.End(LeaseEnd.Cut));

    internal void Remove(MemoryLease lease, LeaseEnd end)
    {
        lock (_gate)
        {
            _leases.Remove(lease);
        }

        DropWait(lease);
        loop.CountAwaiters(-1);
        if (end != LeaseEnd.Released)
        {
            AgentLog.LeaseNotReleased(settings.Logger, settings.AgentName, lease.Peer, lease.Tag, end);
        }
    }

    private void DropWait(MemoryLease lease)
    {
        lease.Wait.Leave();
        router.Remove(lease.Wait);
    }
}
