using System.Collections.Concurrent;
using System.Globalization;
using Nixl.Backends.Ucx.Transfers;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>A thread with a worker of its own, which issues pieces of large transfers and carries them to their end (upstream's <c>num_threads</c>).</summary>
/// <remarks>It sleeps while it has no piece; the agent's threads then see to what happens on the worker.</remarks>
internal sealed class DedicatedThread : IDisposable
{
    // Rounds without an event before the thread gives its processor away: some 100 µs.
    private const int EagerRounds = 2000;

    // What a sleep on the worker's descriptor may take before another look: pieces can also be ended by the agent's threads.
    private const int SleepMilliseconds = 10;

    private readonly ConcurrentQueue<UcxRequest> _queue = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Action _atRest;
    private readonly Thread _thread;
    private int _pieces;
    private volatile bool _isStopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="worker">The worker that only this thread posts on.</param>
    /// <param name="agent">The agent's name, for the thread's.</param>
    /// <param name="atRest">Called when the last piece has ended.</param>
    internal DedicatedThread(UcxWorker worker, string agent, Action atRest)
    {
        Worker = worker;
        _atRest = atRest;
        _thread = new Thread(Run)
        {
            IsBackground = true,
            Name = string.Create(CultureInfo.InvariantCulture, $"nixl-ucx-{worker.Index} {agent}"),
        };
        _thread.Start();
    }

    /// <summary>The worker that only this thread posts on.</summary>
    internal UcxWorker Worker { get; }

    /// <summary>Whether it has pieces that have not ended.</summary>
    internal bool IsBusy => Volatile.Read(ref _pieces) > 0;

    /// <summary>Hands a piece over.</summary>
    internal void Post(UcxRequest piece)
    {
        Interlocked.Increment(ref _pieces);
        _queue.Enqueue(piece);
        _wake.Release();
    }

    /// <summary>Takes note of a piece that has ended, on whatever thread.</summary>
    internal void Ended() => Interlocked.Decrement(ref _pieces);

    /// <summary>Ends the thread, within a slice or a sleep. Pieces that it had begun stay with the worker, later ones are never begun. Idempotent.</summary>
    public void Dispose()
    {
        if (!_isStopping)
        {
            _isStopping = true;
            _wake.Release();
            _thread.Join(); // the semaphore has nothing to give back, and a late piece may still be handed over
        }
    }

    private void Run()
    {
        while (!_isStopping)
        {
            _wake.Wait();
            var idle = 0;
            while (IsBusy && !_isStopping)
            {
                if (_queue.TryDequeue(out var piece))
                {
                    Start(piece);
                    idle = 0;
                }
                else if (Worker.Progress() > 0)
                {
                    idle = 0;
                }
                else if (++idle > EagerRounds)
                {
                    Worker.Sleep(SleepMilliseconds);
                }
                else
                {
                    Thread.Yield();
                }
            }

            _atRest();
        }
    }

    private void Start(UcxRequest piece)
    {
        Worker.Enter();
        var ended = Worker.Transfers.Start(piece, piece.PostNumber);
        Worker.Leave();
        if (ended)
        {
            piece.Report(piece.Outcome(out var fault), fault);
        }
    }
}
