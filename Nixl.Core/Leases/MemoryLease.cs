using Nixl.Agent;

namespace Nixl;

/// <summary>A promise to one peer: these ranges keep their content until the peer says that it is done, its time is over, or it is gone. For data that a peer
/// fetches when it gets to it, such as the KV cache of a finished prefill, whose consumer may never come.</summary>
/// <remarks>Thread-safe. It holds no memory itself: the ranges stay registered because the application keeps their registration, and the application reuses
/// them when <see cref="Ended"/> has completed.</remarks>
public sealed class MemoryLease : IDisposable
{
    private readonly TaskCompletionSource<LeaseEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LeaseTable _table;
    private readonly Timer _timer;
    private int _hasEnded;

    internal MemoryLease(LeaseTable table, RemoteAgent remote, MemoryType type, MemoryDescriptor[] descriptors, string tag)
    {
        _table = table;
        Remote = remote;
        Type = type;
        Descriptors = descriptors;
        Tag = tag;
        Wait = new LeaseWait(this);
        _timer = new Timer(static state => ((MemoryLease)state!).End(LeaseEnd.Expired), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whom the promise was made to.</summary>
    public string Peer => Remote.Name;

    /// <summary>The notification from the peer that releases the lease: exactly this text in UTF-8. The agent takes it; the application does not see it.</summary>
    public string Tag { get; }

    /// <summary>The memory type of the ranges.</summary>
    public MemoryType Type { get; }

    /// <summary>The ranges.</summary>
    public IReadOnlyList<MemoryDescriptor> Descriptors { get; }

    /// <summary>Completes when the lease has ended, and says how. Never fails; continuations run on the pool.</summary>
    public Task<LeaseEnd> Ended => _ended.Task;

    internal RemoteAgent Remote { get; }

    /// <summary>The wait for the tag.</summary>
    internal LeaseWait Wait { get; }

    /// <summary>Starts the time anew.</summary>
    /// <param name="timeToLive">From now; at most 49 days.</param>
    /// <returns>False when the lease has ended already.</returns>
    public bool Renew(TimeSpan timeToLive)
    {
        LeaseTable.CheckTimeToLive(timeToLive);
        try
        {
            return Volatile.Read(ref _hasEnded) == 0 && _timer.Change(timeToLive, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            return false; // ended at this moment
        }
    }

    /// <summary>Takes the promise back; does nothing when the lease has ended.</summary>
    public void Dispose() => End(LeaseEnd.Withdrawn);

    /// <summary>Ends the lease once; false when it has ended already.</summary>
    internal bool End(LeaseEnd end)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return false;
        }

        _timer.Dispose();
        _table.Remove(this, end);
        _ended.TrySetResult(end);
        return true;
    }
}
