namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>Keeps one thread at a time at a ring: not re-entrant, tried by whoever progresses, waited for only by verbs, for at most one copy of a message.</summary>
internal sealed class SendGate
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
            // Never the one-millisecond sleep: the holder copies at most 1 MiB.
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Gives the gate back.</summary>
    internal void Exit() => Volatile.Write(ref _taken, 0);
}
