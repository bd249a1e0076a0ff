using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Transfers;

/// <summary>Issues the operations of transfers and carries them to their end. Every member is called under the worker's lock.</summary>
internal sealed unsafe class UcxTransfers(UcxNotifications notifications, RequestMemory memory)
{
    // Operations of one transfer that libucp may have: enough for any transport to be busy, and a queue that stays in the processor's cache.
    private const int OutstandingMax = 128;

    // Reading the clock costs 22 ns: every 16th operation makes it noise.
    private const int ClockInterval = 16;

    private RequestQueue _issuing;
    private RequestQueue _ready;

    /// <summary>Whether something is left that no event from outside announces.</summary>
    internal bool HasLocalWork => !_issuing.IsEmpty || !_ready.IsEmpty;

    /// <summary>Starts a post; true when it has ended already.</summary>
    internal bool Start(UcxRequest request, uint post)
    {
        request.Begin(post);
        if (!request.Connection.IsOpen)
        {
            request.Note(request.Connection.Failure, -1);
            return true;
        }

        request.Connection.IsUsed = true;
        if (Advance(request) && request.Drop() && Finish(request))
        {
            request.Connection.IsEstablished |= request is { Count: > 0, HasFailed: false };
            return true;
        }

        request.InFlight = true;
        request.Connection.InFlight++;
        return false;
    }

    /// <summary>Takes a transfer in whose pieces other workers move, to be ended by <see cref="EndPieces"/>; false when its connection is lost.</summary>
    internal static bool StartPieces(UcxRequest request, uint post)
    {
        request.Begin(post);
        if (!request.Connection.IsOpen)
        {
            request.Note(request.Connection.Failure, -1);
            return false;
        }

        request.InFlight = true;
        request.Connection.InFlight++;
        return true;
    }

    /// <summary>Takes note that every piece has ended: what is left is the notification, and the end.</summary>
    internal void EndPieces(UcxRequest request)
    {
        if (!request.InFlight)
        {
            return; // given up with its workers
        }

        request.CollectPieces();
        if (request.Drop())
        {
            _ready.Push(request);
        }
    }

    /// <summary>Issues the next slice of the transfer that has waited longest.</summary>
    internal void Continue()
    {
        var request = _issuing.Pop();
        if (request is not null && Advance(request) && request.Drop())
        {
            _ready.Push(request);
        }
    }

    /// <summary>Takes note of an operation that came back, and the memory that was lent for it.</summary>
    internal void Returned(UcxRequest request, ucs_status_t status, int segment, void* lent)
    {
        memory.Return(lent);
        request.Note(status, segment);
        request.Connection.IsEstablished |= status == ucs_status_t.UCS_OK;
        if (request.Drop())
        {
            _ready.Push(request);
        }
        else if (request.IsWaiting && request.Outstanding <= OutstandingMax)
        {
            request.IsWaiting = false;
            _issuing.Push(request);
        }
    }

    /// <summary>Sends parked notifications and gives the chain of transfers that have ended, to be reported after the lock is left.</summary>
    internal UcxRequest? Settle()
    {
        var ended = default(RequestQueue);
        while (_ready.Pop() is { } request)
        {
            if (Finish(request))
            {
                request.InFlight = false;
                request.Connection.InFlight--;
                ended.Push(request);
            }
        }

        return ended.TakeAll();
    }

    /// <summary>Issues one slice; true when nothing is left to issue, and then the issuer's share is the caller's to drop.</summary>
    private bool Advance(UcxRequest request)
    {
        if (!Issue(request))
        {
            // One that libucp has enough of goes on when something of it comes back, which is announced.
            request.IsWaiting = request.Outstanding > OutstandingMax;
            if (!request.IsWaiting)
            {
                _issuing.Push(request);
            }

            return false;
        }

        // A completed get has its bytes here. A completed put only means that the local bytes may change; the flush makes them visible at the peer.
        if (request is { IsWrite: true, Count: > 0, HasFailed: false })
        {
            var parameters = Begin(request);
            Track(request, Ucp.ucp_ep_flush_nbx(request.Connection.Endpoint, &parameters), parameters.request, -1);
        }

        return true;
    }

    private bool Issue(UcxRequest request)
    {
        if (request.Count == 0 || request.HasFailed)
        {
            return true;
        }

        if (request.IsStopWanted)
        {
            request.Stop();
            return true;
        }

        var slice = request.Count > ClockInterval ? Slice.Begin() : default;
        for (var issued = 0; request.NextOperation < request.Count && !request.HasFailed; issued += ClockInterval)
        {
            if (issued > 0 && (slice.IsOver || !HasRoom(request, slice)))
            {
                return false;
            }

            if (!request.Connection.IsOpen)
            {
                request.Note(request.Connection.Failure, -1); // closed or lost since the last look: there may be no endpoint any more
                return true;
            }

            IssueSome(request, Math.Min(request.NextOperation + ClockInterval, request.Count));
        }

        return true;
    }

    /// <summary>Issues operations up to an index, or to the first failure.</summary>
    private void IssueSome(UcxRequest request, int end)
    {
        var endpoint = request.Connection.Endpoint;
        var parameters = Parameters();
        parameters.op_attr_mask |= UcpFlags.UCP_OP_ATTR_FIELD_MEMH | UcpFlags.UCP_OP_ATTR_FLAG_MULTI_SEND;
        var isWrite = request.IsWrite;
        for (var index = request.NextOperation; index < end && !request.HasFailed; index++)
        {
            var operation = request.OperationAt(index);
            parameters.user_data = operation;
            parameters.memh = operation->Memory;
            parameters.request = memory.Take();
            request.NextOperation = index + 1;
            request.Hold();
            var result = isWrite
                ? Ucp.ucp_put_nbx(endpoint, operation->Local, operation->Length, operation->Remote, operation->Key, &parameters)
                : Ucp.ucp_get_nbx(endpoint, operation->Local, operation->Length, operation->Remote, operation->Key, &parameters);
            Track(request, result, parameters.request, operation->Segment);
        }
    }

    /// <summary>Takes what a native call returned for the operation counted by <see cref="UcxRequest.Hold"/>: its callback, if it is to come, may have come already.</summary>
    private void Track(UcxRequest request, void* result, void* lent, int segment)
    {
        var status = UcsPointer.Status(result);
        if (status != ucs_status_t.UCS_INPROGRESS)
        {
            memory.Return(lent);
            request.Note(status, segment);
            request.Drop();
        }
    }

    /// <summary>Whether libucp has taken most of what it was given: what it cannot send at once it queues, and moves on in a round of progress only.</summary>
    /// <remarks>A long queue is slower than a short one, whose requests are used again and again; and the peer, which answers emulated operations, runs dry while
    /// it is filled.</remarks>
    private static bool HasRoom(UcxRequest request, Slice slice)
    {
        while (request.Outstanding > OutstandingMax)
        {
            if (slice.IsOver || Ucp.ucp_worker_progress(request.Connection.Worker.Pointer) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Called when nothing of the present phase is outstanding; true when the post has ended.</summary>
    private bool Finish(UcxRequest request)
    {
        // A flush that the loss of the peer ends can come back well: libucp 1.13 over shared memory that reports errors, and 1.22 beside a put that failed.
        // Reported lost it may be, reported done never.
        if (request is { IsWrite: true, Count: > 0, Connection.IsOpen: false })
        {
            request.Note(request.Connection.Failure, -1);
        }

        if (request.InMessagePhase || request.HasFailed || !request.HasNotification)
        {
            return true;
        }

        request.BeginMessage();
        if (!request.Connection.IsOpen)
        {
            request.Note(request.Connection.Failure, -1);
            return true;
        }

        // The same endpoint as the data, after its flush: the message cannot overtake.
        notifications.Encode(request.Message, request.Notification.Span);
        var parameters = Begin(request);
        Track(request, UcxNotifications.Send(request.Connection, request.Message, parameters), parameters.request, -1);
        return request.Drop();
    }

    /// <summary>Counts the flush or the notification, and lends memory to it.</summary>
    private ucp_request_param_t Begin(UcxRequest request)
    {
        request.Hold();
        return Parameters() with { user_data = request.OperationAt(request.Count), request = memory.Take() };
    }

    private static ucp_request_param_t Parameters() => new()
    {
        op_attr_mask = UcpFlags.UCP_OP_ATTR_FIELD_REQUEST | UcpFlags.UCP_OP_ATTR_FIELD_CALLBACK | UcpFlags.UCP_OP_ATTR_FIELD_USER_DATA,
        cb = &UcxCallbacks.Completed,
    };
}
