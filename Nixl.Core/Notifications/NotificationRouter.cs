using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl;

/// <summary>Takes notifications from the engines and hands each to the oldest wait that it matches, else keeps it for whoever reads the queue.</summary>
/// <remarks>The lock is held for a few instructions and never across a call out; continuations run on the pool.</remarks>
internal sealed class NotificationRouter(AgentSettings settings) : INotificationSink
{
    // A message's objects and its place in the queue, rounded up: without it, empty messages would cost nothing and could be any number.
    private const int MessageOverhead = 128;

    private const int SparesMax = 32;

    private readonly Lock _gate = new();
    private readonly Queue<Notification> _queue = new();
    private readonly List<NotificationReceiver> _waits = [];
    private readonly Stack<NotificationWait> _spares = new(); // guarded by _gate
    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _bytesOfSender = []; // guarded by _gate; only senders that have messages here
    private long _bytes;
    private bool _warned;
    private bool _isClosed;

    /// <summary>Called when a message had to be refused because too many bytes wait; set by the agent, which drops the sender.</summary>
    internal Action<string>? Overflowed { get; set; }

    /// <summary>How many messages wait for the application, and their bytes.</summary>
    internal (int Count, long Bytes) Held
    {
        get
        {
            lock (_gate)
            {
                return (_queue.Count, _bytes);
            }
        }
    }

    public void Deliver(Notification notification)
    {
        Intern(notification);
        while (true)
        {
            NotificationReceiver? receiver;
            long turn;
            bool isClosed;
            string? reached = null;
            lock (_gate)
            {
                isClosed = _isClosed;
                (receiver, turn) = isClosed ? default : TakeReceiver(notification);
                if (receiver is null && !isClosed)
                {
                    reached = TryEnqueue(notification);
                }
            }

            if (receiver is null)
            {
                if (isClosed)
                {
                    notification.Dispose();
                }
                else if (reached is not null)
                {
                    Refuse(notification, reached);
                }

                return;
            }

            if (receiver.TryDeliver(turn, notification))
            {
                return;
            }

            // That wait has just ended: the message belongs to the next one, or to the queue.
        }
    }

    /// <summary>Lets the router use one string for this agent instead of a new one per message.</summary>
    internal void AddKnownName(string name) => _names[name] = name;

    /// <summary>Forgets the string again.</summary>
    internal void RemoveKnownName(string name) => _names.TryRemove(name, out _);

    internal bool TryTake(out Notification notification)
    {
        lock (_gate)
        {
            return TryDequeue(out notification);
        }
    }

    /// <summary>Takes every queued match, in order; the others stay in theirs.</summary>
    internal void TakeAll(NotificationFilter filter, ICollection<Notification> destination)
    {
        lock (_gate)
        {
            for (var remaining = _queue.Count; remaining > 0; remaining--)
            {
                var notification = _queue.Dequeue();
                if (filter.Matches(notification))
                {
                    Discount(notification);
                    destination.Add(notification);
                }
                else
                {
                    _queue.Enqueue(notification);
                }
            }

            _warned &= _queue.Count > 0;
        }
    }

    /// <summary>The oldest queued match at once, else a wait that the caller starts.</summary>
    internal bool TryTakeOrWait(NotificationFilter filter, ProgressLoop loop, out Notification notification, [NotNullWhen(false)] out NotificationWait? wait)
    {
        lock (_gate)
        {
            wait = null;
            if (TryTake(filter, out notification))
            {
                return true;
            }

            if (!_spares.TryPop(out wait))
            {
                wait = new NotificationWait(settings, loop, this);
            }

            loop.CountAwaiters(1); // the wait takes it back at its end
            wait.Begin(filter);
            _waits.Add(wait);
            return false;
        }
    }

    /// <summary>The oldest queued match at once, else lists the receiver, which the caller takes out by <see cref="Remove"/> when it wants nothing any more.</summary>
    internal bool TryTakeOrList(NotificationFilter filter, NotificationReceiver receiver, out Notification notification)
    {
        lock (_gate)
        {
            if (TryTake(filter, out notification))
            {
                return true;
            }

            receiver.Begin(filter);
            _waits.Add(receiver);
            return false;
        }
    }

    internal void Remove(NotificationReceiver receiver)
    {
        lock (_gate)
        {
            _waits.Remove(receiver);
        }
    }

    /// <summary>Takes back a wait whose turn is over and whose result was read.</summary>
    internal void Recycle(NotificationWait wait)
    {
        lock (_gate)
        {
            if (!_isClosed && _spares.Count < SparesMax)
            {
                _spares.Push(wait);
                return;
            }
        }

        wait.Dispose();
    }

    /// <summary>Ends every wait with <see cref="ObjectDisposedException"/> and gives the queued memory back.</summary>
    internal void Close()
    {
        List<(NotificationReceiver Receiver, long Turn)> waits;
        NotificationWait[] spares;
        lock (_gate)
        {
            _isClosed = true;
            waits = _waits.ConvertAll(static wait => (wait, wait.Turn));
            _waits.Clear();
            spares = [.. _spares];
            _spares.Clear();
            while (_queue.TryDequeue(out var notification))
            {
                notification.Dispose();
            }

            _bytesOfSender.Clear();
            _bytes = 0;
        }

        Array.ForEach(spares, static wait => wait.Dispose());
        waits.ForEach(static wait => wait.Receiver.Close(wait.Turn));
    }

    /// <summary>Gives a message back for which there is no room, which costs its sender the connection.</summary>
    private void Refuse(in Notification notification, string limit)
    {
        settings.Counters.CountLimit(limit);
        var limits = settings.Options.Limits;
        var value = limit == nameof(limits.NotificationBytesMax) ? limits.NotificationBytesMax : limits.NotificationBytesPerPeerMax;
        AgentLog.NotificationsFull(settings.Logger, settings.AgentName, notification.Sender, value, limit);
        Overflowed?.Invoke(notification.Sender);
        notification.Dispose();
    }

    private bool TryTake(NotificationFilter filter, out Notification notification)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(NixlAgent));
        return TryExtract(filter, out notification);
    }

    private (NotificationReceiver? Receiver, long Turn) TakeReceiver(in Notification notification)
    {
        for (var i = 0; i < _waits.Count; i++)
        {
            var wait = _waits[i];
            if (wait.Filter.Matches(notification))
            {
                _waits.RemoveAt(i);
                return (wait, wait.Turn);
            }
        }

        return default;
    }

    private static long SizeOf(in Notification notification) => notification.SenderUtf8.Length + (long)notification.Payload.Length + MessageOverhead;

    /// <summary>Null when the message was queued, else the limit that it would pass.</summary>
    private string? TryEnqueue(in Notification notification)
    {
        var limit = settings.Options.Limits.NotificationBytesMax;
        var size = SizeOf(notification);
        if (_bytes + size > limit)
        {
            return nameof(LimitsOptions.NotificationBytesMax);
        }

        var ofSender = _bytesOfSender.GetValueOrDefault(notification.Sender) + size;
        if (ofSender > settings.Options.Limits.NotificationBytesPerPeerMax)
        {
            return nameof(LimitsOptions.NotificationBytesPerPeerMax);
        }

        _bytesOfSender[notification.Sender] = ofSender;
        _bytes += size;
        _queue.Enqueue(notification);
        if (!_warned && _bytes > limit / 2)
        {
            _warned = true;
            AgentLog.NotificationsHalfFull(settings.Logger, settings.AgentName, _queue.Count, _bytes, limit);
        }

        return null;
    }

    private void Discount(in Notification notification)
    {
        var size = SizeOf(notification);
        _bytes -= size;
        var left = _bytesOfSender[notification.Sender] - size;
        if (left > 0)
        {
            _bytesOfSender[notification.Sender] = left;
        }
        else
        {
            _bytesOfSender.Remove(notification.Sender);
        }
    }

    private bool TryDequeue(out Notification notification)
    {
        if (!_queue.TryDequeue(out notification))
        {
            _warned = false;
            return false;
        }

        Discount(notification);
        return true;
    }

    /// <summary>Takes the oldest match out of the queue and keeps the order of the others.</summary>
    private bool TryExtract(NotificationFilter filter, out Notification match)
    {
        if (_queue.TryPeek(out match) && filter.Matches(match))
        {
            _queue.Dequeue(); // a reader of everything takes one after the other, however many there are
            Discount(match);
            return true;
        }

        match = default;
        var found = false;
        for (var remaining = _queue.Count; remaining > 0; remaining--)
        {
            var candidate = _queue.Dequeue();
            if (!found && filter.Matches(candidate))
            {
                match = candidate;
                found = true;
                Discount(candidate);
            }
            else
            {
                _queue.Enqueue(candidate);
            }
        }

        return found;
    }

    private void Intern(in Notification notification)
    {
        // Names of agents are short; a longer one simply costs a string of its own.
        const int CharsMax = 256;
        if (notification.SenderUtf8.Length > CharsMax)
        {
            return;
        }

        Span<char> name = stackalloc char[CharsMax];
        if (System.Text.Encoding.UTF8.TryGetChars(notification.SenderUtf8, name, out var length)
            && _names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var known))
        {
            notification.Intern(known);
        }
    }
}
