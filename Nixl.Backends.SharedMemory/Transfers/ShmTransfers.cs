using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Notifications;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Drives requests: the first slice by the thread that posts, the others by whoever progresses, in turn.</summary>
internal sealed class ShmTransfers(ShmNotifications notifications)
{
    private readonly RequestQueue _queued = new();
    private readonly Queue<ShmRequest> _active = new(); // whoever progresses

    /// <summary>Whether a post has not ended.</summary>
    internal bool HasActive => _active.Count > 0 || !_queued.IsEmpty;

    /// <summary>Starts a post.</summary>
    /// <returns>InProgress, or how it ended; then the request is not reported.</returns>
    internal NixlStatus Start(ShmRequest request, uint post, out BackendFault fault)
    {
        request.Begin(post);
        if (Step(request, out _))
        {
            fault = request.OutcomeFault;
            return request.Outcome;
        }

        fault = default;
        _queued.Add(request);
        return NixlStatus.InProgress;
    }

    /// <summary>One look at every request, and one slice of work.</summary>
    /// <returns>How many have ended, plus one while bytes are left to move.</returns>
    internal int Progress()
    {
        for (var next = _queued.TakeAll(); next is not null;)
        {
            var request = next;
            next = request.Link;
            request.Link = null;
            _active.Enqueue(request);
        }

        var events = 0;
        var hasWorked = false;
        var clock = new SliceClock(SliceClock.SliceTicks);
        for (var left = _active.Count; left > 0; left--)
        {
            if (hasWorked || (events > 0 && clock.IsOver()))
            {
                return events + 1; // the slice is used up; the others come first in the next round
            }

            var request = _active.Dequeue();
            if (Step(request, out hasWorked))
            {
                events++;
                request.Report();
            }
            else
            {
                _active.Enqueue(request);
            }
        }

        return events + (hasWorked ? 1 : 0);
    }

    /// <summary>Takes a request a step further.</summary>
    /// <param name="request">The request; not touched by another thread meanwhile.</param>
    /// <param name="hasWorked">Whether a slice was used up with bytes left to move.</param>
    /// <returns>Whether it has ended.</returns>
    private bool Step(ShmRequest request, out bool hasWorked)
    {
        hasWorked = false;
        if (request.StopIssuing)
        {
            request.End(NixlStatus.Canceled);
            return true;
        }

        if (request.Connection is { IsReady: false } connection)
        {
            return EndIfLost(request, connection);
        }

        if (request.Segment < request.Segments.Length)
        {
            if (!SliceRunner.IsDecided(request))
            {
                return request.Connection is { } peer && !peer.IsAlive() && EndIfLost(request, peer);
            }

            var status = SliceRunner.Run(request, out var fault);
            hasWorked = status == NixlStatus.InProgress;
            if (status != NixlStatus.Success)
            {
                if (!hasWorked)
                {
                    request.End(status, fault);
                }

                return !hasWorked;
            }
        }

        return Finish(request);
    }

    /// <summary>All bytes are moved: hands the notification over, if there is one.</summary>
    private bool Finish(ShmRequest request)
    {
        if (request.HasNotification && !TryNotify(request))
        {
            return request.Connection is { } peer && !peer.IsAlive() && EndIfLost(request, peer);
        }

        // What was copied into the memory of a process that died meanwhile has reached nobody.
        if (request.Connection is { } connection && !connection.IsAlive())
        {
            return EndIfLost(request, connection);
        }

        request.End(NixlStatus.Success);
        return true;
    }

    /// <summary>Whether the message of this post is in the ring.</summary>
    private bool TryNotify(ShmRequest request)
    {
        if (request.IsMessageSent)
        {
            return request.IsMessageWritten;
        }

        request.OnMessageSending();
        switch (notifications.Send(request.Connection, request.Notification.Span, request))
        {
            case SendResult.Written:
                return true;
            case SendResult.Queued:
                return request.IsMessageWritten;
            default:
                request.OnMessageRefused(); // full, busy: tried again; closed: the connection says so
                return false;
        }
    }

    private static bool EndIfLost(ShmRequest request, ShmConnection connection)
    {
        if (!connection.HasEnded)
        {
            return false;
        }

        var status = connection.Failure(out var fault);
        request.End(status, fault);
        return true;
    }
}
