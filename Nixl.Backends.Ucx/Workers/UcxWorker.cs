using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;
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
    private readonly RequestMemory _requests;
    private readonly UcpWorkerHandle _handle;
    private readonly Lease _worker;

    // To destroy a worker with connections over TCP libucp 1.13 needs a descriptor for a moment, and aborts the process where there is none.
    private readonly SafeFileHandle _spare = new(Libc.eventfd(0, Libc.CLOEXEC), ownsHandle: true);
    private bool _armFailed;
    private bool _disposed;

    /// <summary>Takes over <paramref name="handle"/>.</summary>
    internal UcxWorker(UcpWorkerHandle handle, int requestBytes, int index, string agent, UcxConfiguration options, ILogger logger)
    {
        _handle = handle;
        _worker = new Lease(handle);
        _logger = logger;
        Index = index;
        ProgressAll = Progress;
        Notifications = new UcxNotifications(agent, logger);
        _requests = new RequestMemory(requestBytes);
        Transfers = new UcxTransfers(Notifications, _requests);
        Connections = new UcxConnectionTable(this, options, logger);
    }

    /// <summary>The place among the engine's workers; 0 is the one that peers reach.</summary>
    internal int Index { get; }

    /// <summary>Progresses all workers of the engine: one that waits for a peer may wait for a sibling, which is one to the agent itself.</summary>
    internal Func<int> ProgressAll { get; set; }

    /// <summary>What this worker sends, and what the first one receives.</summary>
    internal UcxNotifications Notifications { get; }

    /// <summary>This worker's endpoints.</summary>
    internal UcxConnectionTable Connections { get; }

    /// <summary>What was unpacked on this worker; to be used between <see cref="Enter"/> and <see cref="Leave"/>.</summary>
    internal UnpackedKeys Keys { get; } = new();

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

    /// <summary>Whether anything ever happened on this worker.</summary>
    internal bool HasSeenEvents { get; private set; }

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

        var events = 0;
        if (!_disposed)
        {
            events = Reap();
            Transfers.Continue();
            events += Transfers.HasLocalWork ? 1 : 0;
        }

        return events + Leave();
    }

    /// <summary>Whether nothing is pending and the descriptor will announce what comes.</summary>
    internal bool TryArm()
    {
        if (!_lock.TryEnter())
        {
            return false;
        }

        var armed = _disposed || (!Transfers.HasLocalWork && Arm());
        Leave();
        return armed;
    }

    /// <summary>Sleeps until something happens on this worker, or for <paramref name="milliseconds"/>; for 1 ms where nothing would announce it.</summary>
    internal void Sleep(int milliseconds)
    {
        if (EventFd < 0)
        {
            _ = Libc.poll(null, 0, 1);
        }
        else if (TryArm())
        {
            var descriptor = new pollfd { fd = EventFd, events = Libc.POLLIN };
            _ = Libc.poll(&descriptor, 1, milliseconds);
        }
        else
        {
            Thread.Yield();
        }
    }

    /// <summary>Begins to let what was sent on the worker leave.</summary>
    internal PendingFlush BeginFlush()
    {
        Enter();
        var flush = PendingFlush.Begin(Pointer, null);
        Leave();
        return flush;
    }

    /// <summary>Makes the descriptor readable, for whoever sleeps on it.</summary>
    internal void Wake()
    {
        Enter();
        if (!_disposed && EventFd >= 0)
        {
            _ = Ucp.ucp_worker_signal(Pointer);
        }

        Leave();
    }

    /// <summary>Destroys the worker: from here on nothing of libucp touches local memory. Other threads may still progress it, which does nothing then.</summary>
    public void Dispose()
    {
        Enter();
        if (!_disposed)
        {
            _disposed = true;
            _spare.Dispose();
            _worker.Dispose();
            _handle.Dispose();
            _requests.Dispose();
            Notifications.Dispose();
            Connections.Dispose();
        }

        Leave();
    }

    private int Reap()
    {
        var events = Ucp.ucp_worker_progress(Pointer);
        var count = events;
        HasSeenEvents |= events != 0;
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
