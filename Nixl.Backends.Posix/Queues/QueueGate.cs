namespace Nixl.Backends.Posix.Queues;

/// <summary>The lock of a queue: not re-entrant, tried by whoever progresses, waited for only by verbs and the engine's own threads, for a bounded time.</summary>
internal sealed class QueueGate
{
    private int _taken;

    /// <summary>Takes the gate if it is free.</summary>
    internal bool TryEnter() => Volatile.Read(ref _taken) == 0 && Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

    /// <summary>Takes the gate, giving the processor to its holder while it is taken.</summary>
    internal void Enter()
    {
        var spin = default(SpinWait);
        while (!TryEnter())
        {
            spin.SpinOnce(sleep1Threshold: -1); // never the one-millisecond sleep
        }
    }

    /// <summary>Gives the gate back.</summary>
    internal void Exit() => Volatile.Write(ref _taken, 0);
}
