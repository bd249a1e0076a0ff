using System.Runtime.CompilerServices;
using Nixl.Agent;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Notifications: sending, reading, waiting.</content>
public sealed partial class NixlAgent
{
    private int _enumerating;

    /// <summary>Sends a message that belongs to no transfer. The bytes are copied; never blocks. Ordered with other messages of the same backend to the peer.</summary>
    /// <param name="peer">The receiver; this agent's own name is allowed.</param>
    /// <param name="message">The message; may be empty.</param>
    /// <param name="backend">The backend to use; null for the first that is connected to the peer.</param>
    /// <exception cref="NixlException">NotFound: the peer is unknown or no backend reaches it. Otherwise the backend's failure.</exception>
    public void SendNotification(string peer, ReadOnlySpan<byte> message, string? backend = null)
    {
        ThrowIfDisposed();
        using var span = NixlSpan.Start(TelemetryNames.SendNotificationSpan, Name, peer);
        span.Tag(TelemetryNames.BytesTag, message.Length);
        try
        {
            Send(peer, message, backend);
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    private void Send(string peer, ReadOnlySpan<byte> message, string? backend)
    {
        var instance = FindNotifier(peer, backend);
        if (message.Length > instance.Notifying!.NotificationBytesMax)
        {
            throw new NixlException(NixlStatus.InvalidParam, "SendNotification", $"the message has {message.Length} bytes")
            {
                Agent = Name,
                Peer = peer,
                Backend = instance.Name,
                Hint = $"{instance.Name} takes at most {instance.Notifying.NotificationBytesMax} bytes; send larger data by a transfer.",
            };
        }

        var status = instance.Notifying.GenNotif(peer, message, out var fault);
        _loop.KickForPost();
        if (status < 0)
        {
            throw instance.ToException(status, fault, "SendNotification", Name, peer);
        }
    }

    /// <summary>Takes the oldest notification after one attempt to make progress; false when none is there. Dispose it to give its memory back.</summary>
    public bool TryGetNotification(out Notification notification)
    {
        ThrowIfDisposed();
        if (_router.TryTake(out notification))
        {
            return true;
        }

        _loop.PollAll();
        return _router.TryTake(out notification);
    }

    /// <summary>Takes every notification that has arrived, after one attempt to make progress.</summary>
    /// <param name="filter">Which ones, such as those over one backend; the others stay queued. Null for all.</param>
    public IReadOnlyList<Notification> GetNotifications(NotificationFilter? filter = null)
    {
        ThrowIfDisposed();
        using var span = NixlSpan.Start(TelemetryNames.GetNotificationsSpan, Name);
        _loop.PollAll();
        var all = new List<Notification>();
        _router.TakeAll(filter ?? NotificationFilter.Any, all);
        return all;
    }

    /// <summary>Waits for one notification that matches, arrived before or later. Others stay queued.</summary>
    /// <param name="filter">Which one.</param>
    /// <param name="timeout">How long to wait; null for the transfer timeout of the options.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>To be awaited once, as every <see cref="ValueTask{TResult}"/>; waiting allocates nothing when warm. Dispose the notification when you have read it.</returns>
    /// <exception cref="NixlException">TimedOut: none came in time.</exception>
    public ValueTask<Notification> WaitForNotificationAsync(
        NotificationFilter filter, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(filter);
        var limit = timeout ?? _settings.TransferTimeout;
        if (limit != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(timeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(limit.TotalMilliseconds, uint.MaxValue - 1, nameof(timeout)); // what a timer takes
        }

        return _router.TryTakeOrWait(filter, _loop, out var notification, out var wait)
            ? new ValueTask<Notification>(notification)
            : wait.Start(limit, cancellationToken);
    }

    /// <summary>Every notification, in order of arrival, until the token ends it. One reader at a time.</summary>
    /// <exception cref="NixlException">NotAllowed: another enumeration is running.</exception>
    public async IAsyncEnumerable<Notification> Notifications([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerating, 1) != 0)
        {
            throw new NixlException(NixlStatus.NotAllowed, "Notifications", "another enumeration of the notifications is running")
            {
                Agent = Name,
                Hint = "Use one reader that distributes them, or WaitForNotificationAsync with a filter for each consumer.",
            };
        }

        try
        {
            while (true)
            {
                yield return await WaitForNotificationAsync(NotificationFilter.Any, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _enumerating, 0);
        }
    }

    private BackendInstance FindNotifier(string peer, string? backend)
    {
        ArgumentException.ThrowIfNullOrEmpty(peer);
        var remote = peer == Name ? null : _remotes.Get(peer, "SendNotification");
        foreach (var instance in _backends.Instances)
        {
            var reaches = remote is null ? instance.Local is not null : remote.Connections.ContainsKey(instance);
            if (instance.Notifying is not null && reaches && (backend is null || instance.Name == backend))
            {
                return instance;
            }
        }

        throw new NixlException(NixlStatus.NotFound, "SendNotification", $"no backend{(backend is null ? "" : $" {backend}")} with notifications reaches {peer}")
        {
            Agent = Name,
            Peer = peer,
            Backend = backend,
            Hint = "Load metadata of the peer that has a connection of a backend with notifications; storage backends have none.",
        };
    }
}
