using System.Globalization;
using System.Net;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>Workers that have an endpoint each to the same peers: shared ones are driven by the agent, dedicated ones by a thread each.</summary>
/// <remarks>An engine has one group at the beginning and gets another when one is worn out, see <see cref="WorkerPool"/>. Only the first worker of the first group is known
/// to peers.</remarks>
internal sealed class WorkerGroup
{
    private const string WorkerWish = "worker_id=";

    // As upstream counts: the first thread takes the second worker.
    private static int _threads;

    [ThreadStatic]
    private static int _thread;

    private readonly UcxWorker[] _all;
    private readonly UcxWorker[] _shared;
    private readonly DedicatedThread[] _dedicated;
    private readonly int _wishes;

    /// <summary>Takes the workers over and starts the threads of the dedicated ones, the last.</summary>
    /// <param name="workers">The workers, by their index.</param>
    /// <param name="shared">How many of them transfers are posted on.</param>
    /// <param name="wishes">How many shared workers a transfer may ask for; more than there are share one.</param>
    /// <param name="listening">Where libucp listens for them.</param>
    /// <param name="agent">The agent's name, for those of the threads.</param>
    /// <param name="atRest">Called when a dedicated thread has nothing to do any more.</param>
    internal WorkerGroup(UcxWorker[] workers, int shared, int wishes, IReadOnlyList<IPEndPoint> listening, string agent, Action atRest)
    {
        _all = workers;
        _shared = workers[..shared];
        _wishes = wishes;
        Listening = listening;
        _dedicated = [.. workers[shared..].Select(worker => new DedicatedThread(worker, agent, atRest))];
    }

    /// <summary>Every worker, by its index.</summary>
    internal ReadOnlySpan<UcxWorker> All => _all;

    /// <summary>The first worker, whose connections stand for those of all.</summary>
    internal UcxWorker First => _all[0];

    /// <summary>The threads that take the pieces of large transfers.</summary>
    internal ReadOnlySpan<DedicatedThread> Dedicated => _dedicated;

    /// <summary>Where libucp listens for these workers.</summary>
    internal IReadOnlyList<IPEndPoint> Listening { get; }

    /// <summary>Endpoints that were dropped. Guarded by the pool.</summary>
    internal int Dropped { get; set; }

    /// <summary>When what was dropped last need not be waited for any longer, by <see cref="Environment.TickCount64"/>. Guarded by the pool.</summary>
    internal long Patience { get; set; }

    /// <summary>Whether a peer has endpoints here.</summary>
    internal bool HasPeers => First.Connections.Count > 0;

    /// <summary>Whether an endpoint that was dropped has not closed: it waits for its peer, maybe for ever.</summary>
    internal bool HasClosings => Array.Exists(_all, static worker => worker.Connections.IsClosing);

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
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _wishes)
        {
            worker = _shared[index % _shared.Length];
            return true;
        }

        fault = BackendFault.Because(
            $"The custom parameter asks for {WorkerWish}{number}, and the engine's workers are 0 to {_wishes - 1}.",
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
    internal void StopThreads() => Array.ForEach(_dedicated, static thread => thread.Dispose());
}
