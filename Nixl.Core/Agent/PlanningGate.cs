namespace Nixl.Agent;

/// <summary>Lets whoever takes a region out of use wait for the transfers that are being prepared at that moment, so that no engine is handed memory that it
/// has given back.</summary>
/// <remarks>Preparing costs two interlocked instructions and never waits. Preparations are counted by the parity of an epoch; the waiting side starts a new
/// epoch and waits until the count of the old one is zero. Preparing is bounded, and so is the wait.</remarks>
internal sealed class PlanningGate
{
    private readonly Lock _gate = new();
    private readonly int[] _planners = new int[2];
    private int _epoch; // written under _gate

    /// <summary>Begins a preparation; regions are looked at only afterwards.</summary>
    /// <returns>What <see cref="Leave"/> wants back.</returns>
    internal int Enter()
    {
        while (true)
        {
            var parity = Volatile.Read(ref _epoch) & 1;
            Interlocked.Increment(ref _planners[parity]);
            if ((Volatile.Read(ref _epoch) & 1) == parity)
            {
                return parity;
            }

            Leave(parity); // a new epoch began meanwhile: nobody waits for a latecomer of the old one
        }
    }

    /// <summary>Ends a preparation: the transfer is in the table, or there is none.</summary>
    internal void Leave(int parity) => Interlocked.Decrement(ref _planners[parity]);

    /// <summary>Whether a preparation is going on that may not see what was written before the caller's last full barrier. Any that begins later sees it.</summary>
    internal bool HasPlanners => (Volatile.Read(ref _planners[0]) | Volatile.Read(ref _planners[1])) != 0;

    /// <summary>Returns when every preparation that began before this call has ended. Later ones see what was written before it.</summary>
    internal void WaitForPlanners()
    {
        lock (_gate)
        {
            var parity = _epoch & 1;
            Interlocked.Increment(ref _epoch);
            var spin = new SpinWait();
            while (Volatile.Read(ref _planners[parity]) != 0)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
