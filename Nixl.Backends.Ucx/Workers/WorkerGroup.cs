using System.Globalization;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>The workers of one engine: the first is the one that peers reach; shared ones are driven by the agent, dedicated ones by a thread each.</summary>
internal sealed class WorkerGroup : IDisposable
{
    private const string WorkerWish = "worker_id=";

    // Several times what a peer that lives takes for its part of a handshake.
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(10);

    // As upstream counts: the first thread takes the second worker.
    private static int _threads;

    [ThreadStatic]
    private static int _thread;

    private readonly UcxWorker[] _all;
    private readonly UcxWorker[] _shared;
    private readonly DedicatedThread[] _dedicated;
    private readonly EventSet? _events;

    private WorkerGroup(UcxWorker[] all, int shared, EventSet? events, string agent)
    {
        _all = all;
        _shared = all[..shared];
        foreach (var worker in all)
        {
            worker.ProgressAll = Progress;
        }

        _events = events;
        _dedicated = [.. all[shared..].Select(worker => new DedicatedThread(worker, agent, () => _events?.Signal()))];
    }

    /// <summary>Every worker, by its index.</summary>
    internal ReadOnlySpan<UcxWorker> All => _all;

    /// <summary>The worker whose address peers have.</summary>
    internal UcxWorker First => _all[0];

    /// <summary>The number of workers that transfers are posted on.</summary>
    internal int SharedCount => _shared.Length;

    /// <summary>The threads that take the pieces of large transfers.</summary>
    internal ReadOnlySpan<DedicatedThread> Dedicated => _dedicated;

    /// <summary>What becomes readable after an event on any worker, or one of the constants of <see cref="IProgressEngine"/>.</summary>
    internal int EventFd => _events?.Descriptor ?? (_all.Length == 1 ? First.EventFd : IProgressEngine.MustBePolled);

    /// <summary>Takes the workers over and starts the threads of the dedicated ones, the last.</summary>
    internal static WorkerGroup Create(UcxWorker[] workers, int shared, string agent)
    {
        // One worker has a descriptor of its own; several share a set, or are polled where there can be none.
        var events = workers.Length > 1 && workers.All(static worker => worker.EventFd >= 0)
            ? EventSet.TryCreate(workers.Select(static worker => worker.EventFd))
            : null;
        return new WorkerGroup(workers, shared, events, agent);
    }

    /// <summary>The shared worker that a transfer is posted on: the one that is asked for, else the calling thread's.</summary>
    /// <param name="wishes">The caller's free text; <c>worker_id=N</c> in it names one.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="fault">What is wrong with the number, and what is allowed.</param>
    internal bool TryChoose(string wishes, out UcxWorker worker, out BackendFault fault)
    {
        fault = default;
        worker = OfThread();
        var at = wishes.IndexOf(WorkerWish, StringComparison.Ordinal);
        if (at < 0)
        {
            return true;
        }

        var rest = wishes.AsSpan(at + WorkerWish.Length);
        var end = rest.IndexOfAny(" ,;");
        var number = end < 0 ? rest : rest[..end];
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _shared.Length)
        {
            worker = _shared[index];
            return true;
        }

        fault = BackendFault.Because(
            $"The custom parameter asks for {WorkerWish}{number}, and the engine's workers are 0 to {_shared.Length - 1}.",
            "Correct the number, or raise num_workers.");
        return false;
    }

    /// <summary>The shared worker that the calling thread keeps to.</summary>
    internal UcxWorker OfThread()
    {
        if (_shared.Length == 1)
        {
            return _shared[0];
        }

        if (_thread == 0)
        {
            _thread = Interlocked.Increment(ref _threads);
        }

        return _shared[_thread % _shared.Length];
    }

    /// <summary>Progresses every worker; dedicated ones, too, for what happens on them outside of a transfer.</summary>
    internal int Progress()
    {
        _events?.Clear();
        var events = 0;
        foreach (var worker in _all)
        {
            events += worker.Progress();
        }

        return events;
    }

    /// <summary>Whether every worker will announce what comes. One whose thread is at work announces its end.</summary>
    internal bool TryArm()
    {
        foreach (var worker in _shared)
        {
            if (!worker.TryArm())
            {
                return false;
            }
        }

        foreach (var thread in _dedicated)
        {
            if (!thread.IsBusy && !thread.Worker.TryArm() && !thread.IsBusy)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Ends the dedicated threads; what they had begun stays with the workers.</summary>
    internal void StopThreads()
    {
        foreach (var thread in _dedicated)
        {
            thread.Dispose();
        }
    }

    /// <summary>Closes the connections of all workers: for at most <paramref name="limit"/> in each of its two steps, all workers together.</summary>
    internal void CloseConnections(TimeSpan limit)
    {
        foreach (var worker in _all)
        {
            worker.Connections.DropAll();
        }

        var deadline = Deadline.After(limit);
        foreach (var worker in _all)
        {
            worker.Connections.AwaitClosings(deadline, limit);
        }

        deadline = Deadline.After(limit);
        foreach (var (worker, flush) in _all.Select(static worker => (worker, worker.BeginFlush())).ToList())
        {
            flush.Wait(worker, deadline.Left);
        }

        AwaitQuiet(deadline);
    }

    /// <summary>Lets handshakes of peers end. A worker that is destroyed with its answer to one still unsent trips an assertion of libucp 1.13
    /// (<c>ucp_request_send_state_ff: got REP message</c>), which aborts the process; and the flush of a worker does not wait for answers that a connection in
    /// the making holds back.</summary>
    private void AwaitQuiet(Deadline deadline)
    {
        var quiet = Deadline.After(QuietTime);
        while (_all.Any(static worker => worker.HasSeenEvents) && quiet.Left > TimeSpan.Zero && deadline.Left > TimeSpan.Zero)
        {
            if (Progress() > 0)
            {
                quiet = Deadline.After(QuietTime);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Destroys the workers.</summary>
    public void Dispose()
    {
        StopThreads();
        foreach (var worker in _all)
        {
            worker.Dispose();
        }

        _events?.Dispose();
    }
}
