namespace Nixl.Backends.Ucx.Workers;

/// <summary>The lock around a libucp worker: not re-entrant, tried by whoever progresses, waited for only by verbs, for at most one slice of another.</summary>
/// <remarks>It stands in for libucp's own lock (thread mode MULTI), inside which a waiting thread spins its whole time slice.</remarks>
internal sealed class WorkerLock
{
    private int _taken;

    /// <summary>Takes the lock if it is free.</summary>
    internal bool TryEnter() => Volatile.Read(ref _taken) == 0 && Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

    /// <summary>Takes the lock, giving the processor to its holder while it is taken.</summary>
    internal void Enter()
    {
        var spin = default(SpinWait);
        while (!TryEnter())
        {
            // Never the one-millisecond sleep: the holder leaves within about 100 µs.
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Gives the lock back.</summary>
    internal void Exit() => Volatile.Write(ref _taken, 0);
}
