using Nixl.Backends.SharedMemory.Transfers;

namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>Sends messages to one peer in order: into the ring where there is room, else from a queue as room comes.</summary>
/// <remarks>Everything but the counts is guarded by the gate.</remarks>
internal sealed class Outbox(RingWriter ring)
{
    // Beyond this many idle entries the collector takes the rest.
    private const int IdleMax = 64;

    // What an entry, its place in the queue and its array cost beside the bytes: without it, empty messages could wait without end.
    private const int EntryBytes = 128;

    private readonly SendGate _gate = new();
    private readonly Queue<WaitingMessage> _waiting = new();
    private readonly Stack<WaitingMessage> _idle = new();
    private long _waitingBytes;
    private int _waitingCount;
    private bool _isClosed;

    /// <summary>Whether messages wait for room.</summary>
    internal bool HasWaiting => Volatile.Read(ref _waitingCount) > 0;

    /// <summary>Sends or queues a message. Waits for another thread that is at the ring only where the message is no transfer's: transfers are tried again.</summary>
    /// <param name="message">Its bytes; copied before this returns.</param>
    /// <param name="owner">The transfer to tell when the message is in the ring, where it does not get there at once.</param>
    /// <param name="waitingBytesMax">How many bytes may wait, with <see cref="EntryBytes"/> per message; a message alone always may.</param>
    internal SendResult Send(ReadOnlySpan<byte> message, ShmRequest? owner, long waitingBytesMax)
    {
        if (owner is null)
        {
            _gate.Enter();
        }
        else if (!_gate.TryEnter())
        {
            return SendResult.Busy;
        }

        try
        {
            if (_isClosed)
            {
                return SendResult.Closed;
            }

            if (_waiting.Count == 0 && ring.TryWrite(message))
            {
                return SendResult.Written;
            }

            if (_waiting.Count > 0 && _waitingBytes + CostOf(message) > waitingBytesMax)
            {
                return SendResult.Full;
            }

            if (!_idle.TryPop(out var entry))
            {
                entry = new WaitingMessage();
            }

            entry.Fill(message, owner);
            _waiting.Enqueue(entry);
            _waitingBytes += CostOf(message);
            Volatile.Write(ref _waitingCount, _waiting.Count);
            Pump();
            return SendResult.Queued;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Writes what waits, as far as there is room; does nothing while another thread is at it.</summary>
    /// <returns>Whether something was written.</returns>
    internal bool TryPump()
    {
        if (!HasWaiting || !_gate.TryEnter())
        {
            return false;
        }

        var hasWritten = Pump();
        _gate.Exit();
        return hasWritten;
    }

    /// <summary>Refuses further messages and drops those that wait; their transfers are told by the connection's state.</summary>
    /// <returns>How many were dropped that belong to no transfer.</returns>
    internal int Close()
    {
        _gate.Enter();
        var lost = 0;
        _isClosed = true;
        while (_waiting.TryDequeue(out var entry))
        {
            lost += entry.Owner is null ? 1 : 0;
            entry.Clear();
        }

        _waitingBytes = 0;
        Volatile.Write(ref _waitingCount, 0);
        _gate.Exit();
        return lost;
    }

    private static long CostOf(ReadOnlySpan<byte> message) => message.Length + (long)EntryBytes;

    private bool Pump()
    {
        var hasWritten = false;
        while (_waiting.TryPeek(out var entry))
        {
            var before = entry.Done;
            var isWhole = ring.WritePart(entry.Bytes, ref entry.Done);
            hasWritten |= entry.Done != before;
            if (!isWhole)
            {
                break;
            }

            _waiting.Dequeue();
            _waitingBytes -= CostOf(entry.Bytes);
            entry.ReportWritten();
            entry.Clear();
            if (_idle.Count < IdleMax)
            {
                _idle.Push(entry);
            }
        }

        Volatile.Write(ref _waitingCount, _waiting.Count);
        return hasWritten;
    }
}
