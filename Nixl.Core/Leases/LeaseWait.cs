namespace Nixl;

/// <summary>A lease's wait for its tag. One turn.</summary>
internal sealed class LeaseWait(MemoryLease lease) : NotificationReceiver
{
    /// <summary>Waits no more: a tag that comes from now on stays in the queue, for the application to see.</summary>
    internal void Leave() => TryEnd(Turn);

    protected override void OnDelivered(in Notification notification)
    {
        notification.Dispose();
        ThreadPool.UnsafeQueueUserWorkItem(static lease => lease.End(LeaseEnd.Released), lease, preferLocal: false);
    }

    protected override void OnClosed()
    {
        // Ending the agent ends the leases, and says which.
    }
}
