using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Transfers;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>One libucp worker (thread mode SERIALIZED) with the lock that every call into it is made under.</summary>
internal sealed unsafe class UcxWorker : IDisposable
{
    // Reading the clock costs 22 ns, several times an idle round; a round moves some segments of at most 64 KiB.
    private const int ClockInterval = 4;

    private readonly WorkerLock _lock = new();
    private readonly ILogger _logger;
    private readonly UcpWorkerHandle _handle;
    private readonly Lease _worker;
    private bool _armFailed;
    private bool _disposed;

    /// <summary>Takes over <paramref name="handle"/>.</summary>
    internal UcxWorker(UcpWorkerHandle handle, UcxNotifications notifications, ILogger logger)
    {
        _handle = handle;
        _worker = new Lease(handle);
        _logger = logger;
        Transfers = new UcxTransfers(notifications);
    }

    /// <summary>The transfers on this worker; to be used between <see cref="Enter"/> and <see cref="Leave"/>.</summary>
    internal UcxTransfers Transfers { get; }

    /// <summary>The <c>ucp_worker_h</c>.</summary>
    internal void* Pointer => _worker.Pointer;

    /// <summary>A descriptor that becomes readable after an event once armed, or <see cref="IProgressEngine.MustBePolled"/>.</summary>
    internal int EventFd { get; private set; } = IProgressEngine.MustBePolled;

    /// <summary>Asks libucp for the event descriptor; it stays libucp's.</summary>
    internal ucs_status_t OpenEvents()
    {
        int descriptor;
        var status = Ucp.ucp_worker_get_efd(Pointer, &descriptor);
        EventFd = status == ucs_status_t.UCS_OK ? descriptor : EventFd;
        return status;
    }

    /// <summary>A copy of the address that peers connect to, or null with the status.</summary>
    internal byte[]? ReadAddress(out ucs_status_t status)
    {
        void* address;
        nuint length;
        status = Ucp.ucp_worker_get_address(Pointer, &address, &length);
        if (status != ucs_status_t.UCS_OK)
        {
            return null;
        }

        var copy = new ReadOnlySpan<byte>(address, checked((int)length)).ToArray();
        Ucp.ucp_worker_release_address(Pointer, address);
        return copy;
    }

    /// <summary>Takes the lock; every native call on the worker, its endpoints and its keys is made under it.</summary>
    internal void Enter() => _lock.Enter();

    /// <summary>Leaves the lock and reports the transfers that ended meanwhile; returns their number.</summary>
    /// <remarks>Reporting comes after leaving: whoever waits for the end may post again at once, and needs the lock for it.</remarks>
    internal int Leave()
    {
        var ended = Transfers.Settle();
        _lock.Exit();
        return Report(ended);
    }

    /// <summary>Reaps completions and arrivals for at most a slice and issues the next slice of a long transfer. 0 when the lock was not free.</summary>
    internal int Progress()
    {
        if (!_lock.TryEnter())
        {
            return 0;
        }

        var events = Reap();
        Transfers.Continue();
        events += Transfers.HasLocalWork ? 1 : 0;
        return events + Leave();
    }

    /// <summary>Whether nothing is pending and the descriptor will announce what comes.</summary>
    internal bool TryArm()
    {
        if (!_lock.TryEnter())
        {
            return false;
        }

        var armed = !Transfers.HasLocalWork && Arm();
        Leave();
        return armed;
    }

    /// <summary>Lets what libucp itself has to say reach the peers, or <paramref name="limit"/> pass. A worker that is destroyed with its answer to a peer's
    /// handshake still unsent trips an assertion of libucp 1.13 (<c>ucp_request_send_state_ff: got REP message</c>), which aborts the process.</summary>
    internal void SettleHandshakes(TimeSpan limit)
    {
        Enter();
        var flush = PendingFlush.Begin(Pointer, null);
        Leave();
        flush.Wait(this, limit);
    }

    /// <summary>Destroys the worker: from here on nothing of libucp touches local memory.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _worker.Dispose();
            _handle.Dispose();
        }
    }

    private int Reap()
    {
        var events = Ucp.ucp_worker_progress(Pointer);
        var count = events;
        var slice = default(Slice);
        for (var round = 1; count != 0; round++)
        {
            // Few rounds, as for one transfer, end before the clock is read at all.
            if (round % ClockInterval == 0)
            {
                slice = round == ClockInterval ? Slice.Begin() : slice;
                if (slice.IsOver)
                {
                    break;
                }
            }

            count = Ucp.ucp_worker_progress(Pointer);
            events += count;
        }

        return (int)Math.Min(events, int.MaxValue / 2);
    }

    private bool Arm()
    {
        if (EventFd < 0)
        {
            return true;
        }

        var status = Ucp.ucp_worker_arm(Pointer);
        if (status is not (ucs_status_t.UCS_OK or ucs_status_t.UCS_ERR_BUSY) && !_armFailed)
        {
            _armFailed = true;
            _logger.ArmFailed((int)status, UcxStatus.Text((int)status));
        }

        return status == ucs_status_t.UCS_OK;
    }

    private static int Report(UcxRequest? ended)
    {
        var count = 0;
        while (ended is not null)
        {
            // Read before the report: after it the request may be posted again and be in another list.
            var next = ended.Link;
            ended.Link = null;
            ended.Report(ended.Outcome(out var fault), fault);
            ended = next;
            count++;
        }

        return count;
    }
}
