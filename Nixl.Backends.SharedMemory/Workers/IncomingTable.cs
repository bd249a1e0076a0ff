using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>The peers that have connected. Their sockets are the service thread's, their rings belong to whoever progresses.</summary>
internal sealed class IncomingTable(SharedMemoryOptions options)
{
    // Far more than processes of one host that exchange caches; a bound on what somebody can make this process hold.
    private const int PeersMax = 4096;

    // A slice of a peer takes about 100 µs, and as long as the peer gets no processor; one that is stopped in a slice is not waited for again.
    private const int DeregisterWaitMs = 1000;

    private readonly Lock _gate = new();
    private readonly List<IncomingConnection> _sockets = []; // the service thread's
    private volatile IncomingConnection[] _open = []; // replaced under _gate

    /// <summary>Whether one more peer is taken in.</summary>
    internal bool HasRoom => _sockets.Count < PeersMax;

    /// <summary>The service thread's view.</summary>
    internal IReadOnlyList<IncomingConnection> Sockets => _sockets;

    /// <summary>The peers whose messages are to be taken; a snapshot.</summary>
    internal IncomingConnection[] Open => _open;

    /// <summary>Called when a peer was ended by whoever progresses, so that the service thread lets go of its socket.</summary>
    internal Action? Ended { get; set; }

    internal void Add(IncomingConnection connection) => _sockets.Add(connection);

    /// <summary>Takes what came at the socket of a peer.</summary>
    internal void OnReadable(int index, IIncomingHost host)
    {
        var connection = _sockets[index];
        if (!connection.HasEnded && connection.OnReadable(host, this))
        {
            host.Wake.Signal(); // it may have written messages before it was taken in
        }
    }

    /// <summary>Takes a peer in, before it is told: from then on it may be in a slice, which must be waited for.</summary>
    internal void Enter(IncomingConnection connection)
    {
        if (options.AllowsTracing)
        {
            Yama.Allow(connection.ProcessId);
        }

        lock (_gate)
        {
            _open = [.. _open, connection];
        }
    }

    /// <summary>Ends a peer that broke the rules.</summary>
    internal void End(IncomingConnection connection)
    {
        connection.End();
        Ended?.Invoke();
    }

    /// <summary>Lets go of peers that did not say hello in time, and of the sockets of those that have ended.</summary>
    internal void EndLate(long now, IIncomingHost host)
    {
        for (var i = _sockets.Count - 1; i >= 0; i--)
        {
            var connection = _sockets[i];
            if (connection.Ring is null && now >= connection.HelloDeadline)
            {
                connection.End();
            }

            if (connection.HasEnded)
            {
                _sockets.RemoveAt(i);
                connection.Socket.Dispose();
                host.Wake.Signal(); // whoever progresses takes what is left in the ring, and then lets go of it
            }
        }
    }

    /// <summary>Milliseconds until a peer must have said hello; negative when there is none.</summary>
    internal int NextDeadlineIn(long now)
    {
        var next = -1;
        foreach (var connection in _sockets)
        {
            if (connection.Ring is null)
            {
                next = PollSet.Earlier(next, (int)Math.Max(0, connection.HelloDeadline - now));
            }
        }

        return next;
    }

    /// <summary>Lets go of a peer that has ended and whose messages were taken; by whoever progresses, who never waits: false means later.</summary>
    internal bool TryRemove(IncomingConnection ended)
    {
        if (!_gate.TryEnter())
        {
            return false;
        }

        try
        {
            _open = Array.FindAll(_open, connection => connection != ended);
            ended.DisposeRing();
            return true;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Waits until every slice that a peer had begun has ended; what begins later sees what was written before this call.</summary>
    /// <param name="life">Where the phases are counted.</param>
    /// <param name="waitMs">How long at most, for all peers together.</param>
    /// <returns>False when the time was over first.</returns>
    internal bool WaitForSlices(LifePage life, int waitMs = DeregisterWaitMs)
    {
        lock (_gate)
        {
            if (_open.Length == 0)
            {
                return true;
            }

            // Looked at before a new phase begins: until then new slices are counted under one of the two only, and the other shows what is left of before.
            foreach (var connection in _open)
            {
                connection.StuckPhases &= connection.BusyPhases;
            }

            var phase = life.EndPhase();
            var deadline = Environment.TickCount64 + waitMs;
            var hasAllEnded = true;
            foreach (var connection in _open)
            {
                hasAllEnded &= WaitForSlices(connection, phase, deadline);
            }

            return hasAllEnded;
        }
    }

    /// <summary>For the engine's end: nobody progresses and no service thread runs any more.</summary>
    internal void DisposeAll()
    {
        lock (_gate)
        {
            Array.ForEach(_open, static connection => connection.Dispose());
            _sockets.ForEach(static connection => connection.Dispose());
            _sockets.Clear();
            _open = [];
        }
    }

    private static bool WaitForSlices(IncomingConnection connection, int phase, long deadline)
    {
        var spin = default(SpinWait);
        while (!connection.HasEnded && (connection.StuckPhases != 0 || connection.Ring!.Slices(phase) > 0))
        {
            if (connection.StuckPhases != 0 || Environment.TickCount64 > deadline)
            {
                connection.StuckPhases |= connection.BusyPhases & IncomingConnection.PhaseBit(phase);
                return false;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        return true;
    }
}
