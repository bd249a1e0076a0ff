using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Notifications;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The way to one peer: its process, the ring for messages to it, and its memory as far as it is mapped here.</summary>
/// <remarks>
/// <code>Connecting --Welcome--> Ready --lost, dropped--> Lost; Connecting --> Lost</code>
/// The socket belongs to the service thread. Slices and messages need it only once; what they use (ring, page of life, mappings) stays until the last of
/// connection table, service thread, requests and loaded memories has let go.
/// </remarks>
internal sealed partial class ShmConnection
{
    // 0 while connecting.
    private const int IsUsable = 1;
    private const int IsLost = 2;

    // Each round takes nanoseconds and a phase of a peer microseconds: more than two in a row are rare.
    private const int PhaseRoundsMax = 100;

    private readonly object _gate = new(); // pulsed when the state changes and when an object is settled
    private int _state;
    private int _references = 1; // the table's
    private NixlStatus _failure = NixlStatus.RemoteDisconnect; // written before the state
    private BackendFault _fault;

    // Written before the state becomes Ready.
    private PeerLifePage? _life;
    private WakeEvent? _wake;
    private int _wokenArm;

    internal ShmConnection(string agent, ConnectionInfo info, ControlSocket socket, PeerProcess process, RingWriter ring)
    {
        Agent = agent;
        Info = info;
        Socket = socket;
        Process = process;
        Ring = ring;
        Outbox = new Outbox(ring);
    }

    internal string Agent { get; }

    internal ConnectionInfo Info { get; }

    /// <summary>The service thread's.</summary>
    internal ControlSocket Socket { get; }

    internal PeerProcess Process { get; }

    internal RingWriter Ring { get; }

    internal Outbox Outbox { get; }

    /// <summary>Whether the kernel copies to and from the peer; decided when the connection is ready.</summary>
    internal CopyPermission Copying { get; set; }

    /// <summary>What the kernel answered where it does not copy.</summary>
    internal int CopyErrno { get; set; }

    internal bool IsReady => Volatile.Read(ref _state) == IsUsable;

    internal bool HasEnded => Volatile.Read(ref _state) == IsLost;

    /// <summary>Whether this side ended it.</summary>
    internal bool IsDropped { get; set; }

    /// <summary>Called when the connection ends, so that the service thread lets go of it.</summary>
    internal Action? Ended { get; set; }

    /// <summary>Takes a reference; false when the connection has been freed.</summary>
    internal bool TryAddReference()
    {
        var count = Volatile.Read(ref _references);
        while (count > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one frees what peers and kernel gave.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            Free();
        }
    }

    /// <summary>Why the connection is of no use: the status and the reason.</summary>
    internal NixlStatus Failure(out BackendFault fault)
    {
        fault = _fault;
        return _failure;
    }

    /// <summary>Whether the peer runs; where it does not, the connection ends.</summary>
    internal bool IsAlive()
    {
        if (!IsReady)
        {
            return false;
        }

        if (_life!.IsAlive)
        {
            return true;
        }

        Lose(
            NixlStatus.RemoteDisconnect,
            BackendFault.Because($"{Agent} (process {Process.Id}) {(_life.IsClosed ? "closed its backend" : "ended")}.", "Load the peer's metadata again when it is back."));
        return false;
    }

    /// <summary>Ends the connection; the first reason stays.</summary>
    internal void Lose(NixlStatus status, BackendFault fault)
    {
        lock (_gate)
        {
            if (HasEnded)
            {
                return;
            }

            _failure = status;
            _fault = fault;
            Volatile.Write(ref _state, IsLost);
            Monitor.PulseAll(_gate);
        }

        Ended?.Invoke();
    }

    /// <summary>Begins a slice: until its end the peer waits before it lets go of memory. Only while the connection is ready.</summary>
    /// <param name="phase">What <see cref="EndSlice"/> is to be given.</param>
    /// <returns>False when the peer's phases never hold still; the connection has ended then.</returns>
    internal bool TryBeginSlice(out int phase)
    {
        for (var round = 0; round < PhaseRoundsMax; round++)
        {
            phase = _life!.Phase;
            Ring.BeginSlice(phase); // a full fence: what is read below is at least as new as what the peer wrote before it counted slices
            if (_life.Phase == phase)
            {
                return true;
            }

            Ring.EndSlice(phase); // the peer began a new phase meanwhile, and may not have seen this slice
        }

        phase = 0;
        Lose(NixlStatus.Mismatch, BackendFault.Because($"{Agent} changes the phase of its slices without end.", "Both agents must run compatible releases."));
        return false;
    }

    /// <summary>Ends a slice.</summary>
    internal void EndSlice(int phase) => Ring.EndSlice(phase);

    /// <summary>Whether the peer still exposes a range; between the two calls above.</summary>
    internal bool IsInForce(in PublicDataLayout data) => _life!.IsInForce(data.Slot, data.Generation);

    /// <summary>Wakes the peer after a message was written, if it sleeps: once per sleep.</summary>
    internal void WakePeer()
    {
        // The peer counts its sleep and then looks for messages; here the message is written, and then the count read. One of the two sees the other.
        Interlocked.MemoryBarrier();
        if (!IsReady)
        {
            return; // it looks at the ring when it takes the connection in, and is woken when it has answered
        }

        var arms = _life!.Arms;
        if (Volatile.Read(ref _wokenArm) != arms)
        {
            Volatile.Write(ref _wokenArm, arms);
            _wake!.Signal();
        }
    }

    /// <summary>Waits until the connection is ready and what was loaded is mapped, or it has failed; false when the time is over.</summary>
    internal bool Wait(TimeSpan limit)
    {
        var deadline = Environment.TickCount64 + (limit < TimeSpan.Zero ? int.MaxValue : (long)Math.Min(limit.TotalMilliseconds, int.MaxValue));
        lock (_gate)
        {
            while (!IsSettled())
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0)
                {
                    return false;
                }

                Monitor.Wait(_gate, (int)left);
            }
        }

        return true;
    }

    private bool IsSettled() => HasEnded || (IsReady && AreObjectsSettled());

    private void Free()
    {
        Outbox.Close();
        FreeObjects();
        Ring.Dispose();
        _life?.Dispose();
        _wake?.Dispose();
        Socket.Dispose();
        Process.Dispose();
    }
}
