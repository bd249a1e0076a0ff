using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Transfers;
using Nixl.Backends.SharedMemory.Workers;

namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>Messages to peers and from them.</summary>
internal sealed class ShmNotifications(byte[] ownName, SharedMemoryOptions options, IncomingTable incoming, ILogger logger)
{
    // Per peer and round: a round must be short, and the other peers have their turn.
    private const int DrainBytesMax = 512 << 10;

    private readonly ConcurrentQueue<Notification> _toSelf = new();

    /// <summary>Whether a message is there to be taken, or a peer to be let go of.</summary>
    internal bool HasArrivals
    {
        get
        {
            foreach (var connection in incoming.Open)
            {
                if (connection.Ring!.HasData || connection.HasEnded)
                {
                    return true;
                }
            }

            return !_toSelf.IsEmpty;
        }
    }

    /// <summary>The processor on which the sender of the last message ran; -1 before the first.</summary>
    internal int LastSenderProcessor { get; private set; } = -1;

    /// <summary>Sends a message, after all data that this thread has stored before.</summary>
    /// <param name="connection">The peer; null for this agent itself.</param>
    /// <param name="message">The message; copied.</param>
    /// <param name="owner">The transfer that ends when the message is in the ring.</param>
    internal SendResult Send(ShmConnection? connection, ReadOnlySpan<byte> message, ShmRequest? owner)
    {
        if (connection is null)
        {
            _toSelf.Enqueue(Notification.Create(ownName, message));
            return SendResult.Written;
        }

        var result = connection.Outbox.Send(message, owner, options.WaitingBytesMax);
        if (result is SendResult.Written or SendResult.Queued)
        {
            connection.WakePeer();
        }

        return result;
    }

    /// <summary>Writes what waits for room, as far as there is some.</summary>
    /// <returns>How many peers got something.</returns>
    internal int Pump(ShmConnection[] connections)
    {
        var events = 0;
        foreach (var connection in connections)
        {
            // Another thread may let go of the connection at this moment, and the last one unmaps what is looked at here.
            if (!connection.Outbox.HasWaiting || !connection.TryAddReference())
            {
                continue;
            }

            try
            {
                events += Pump(connection) ? 1 : 0;
            }
            finally
            {
                connection.Release();
            }
        }

        return events;
    }

    private bool Pump(ShmConnection connection)
    {
        if (connection.HasEnded || (connection.IsReady && !connection.IsAlive()))
        {
            var lost = connection.Outbox.Close();
            if (lost > 0)
            {
                logger.NotificationsLost(connection.Agent, lost);
            }

            return false;
        }

        if (!connection.Outbox.TryPump())
        {
            return false;
        }

        connection.WakePeer();
        return true;
    }

    /// <summary>Whether messages wait for room.</summary>
    internal static bool HasWaiting(ShmConnection[] connections)
    {
        foreach (var connection in connections)
        {
            if (connection.Outbox.HasWaiting)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Hands over what has come.</summary>
    internal void Drain(INotificationSink sink)
    {
        while (_toSelf.TryDequeue(out var own))
        {
            sink.Deliver(own);
        }

        foreach (var connection in incoming.Open)
        {
            var ring = connection.Ring!;
            if (ring.HasData)
            {
                ring.Drain(connection.NameUtf8, sink, DrainBytesMax);
                LastSenderProcessor = ring.Processor;
                if (ring.IsBroken)
                {
                    incoming.End(connection);
                    logger.RingBroken(connection.Name);
                }
            }
            else if (connection.HasEnded)
            {
                incoming.TryRemove(connection);
            }
        }
    }
}
