using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Looks for transfers that the application dropped without disposing them: says so once, counts them, and releases them when they are quiescent.</summary>
/// <remarks>No transfer has a finalizer, which would cost each of them something. The table knows the user's handle weakly, and looks after a collection
/// (<see cref="CollectionNotice"/>), on the pool: a finalizer must neither call an engine nor wait for a lock.</remarks>
internal sealed class DroppedTransfers : IThreadPoolWorkItem
{
    private readonly AgentSettings _settings;
    private readonly ProgressLoop _loop;
    private int _isQueued;
    private volatile bool _isStopped;

    internal DroppedTransfers(AgentSettings settings, ProgressLoop loop)
    {
        _settings = settings;
        _loop = loop;
        CollectionNotice.Begin(this);
    }

    /// <summary>The agent ends, and every transfer with it.</summary>
    internal void Stop() => _isStopped = true;

    /// <summary>The garbage collector has run; called on the finalizer's thread.</summary>
    /// <returns>False when the agent has ended: no more notices are wanted.</returns>
    internal bool OnCollection()
    {
        if (!_isStopped && Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return !_isStopped;
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _isQueued, 0);
        if (_isStopped || _loop.Transfers.TakeDropped() is not { } dropped)
        {
            return;
        }

        if (_settings.Counters.CountDropped(dropped.Count))
        {
            var first = dropped[0];
            AgentLog.TransferDropped(
                _settings.Logger, _settings.AgentName, first.Operation, first.TotalBytes, first.RemoteAgent, first.Backend, first.Status);
        }

        dropped.ForEach(Release);
    }

    /// <summary>A post in flight comes to its own end: when the collector runs must not decide what arrives.</summary>
    private void Release(TransferCore transfer)
    {
        if (!TryRelease(transfer))
        {
            _loop.Defer(() => TryRelease(transfer));
        }
    }

    private static bool TryRelease(TransferCore transfer)
    {
        if (!transfer.IsQuiescent)
        {
            return false;
        }

        transfer.Dispose();
        return true;
    }
}
