using System.Collections.Concurrent;

namespace Nixl.Progress;

/// <summary>What must happen beside moving data: deadlines, late releases, and work that a native callback must not do itself.</summary>
/// <remarks>Run by the progress thread once per clock tick (1 to 4 ms), or by Check where no thread runs; one thread at a time, the others do not wait.</remarks>
internal sealed class Housekeeping
{
    private readonly ConcurrentQueue<Func<bool>> _steps = new();
    private int _running;

    internal TransferTable Transfers { get; } = new();

    /// <summary>Whether a step has not finished, so that the thread must come back within a millisecond.</summary>
    internal bool HasSteps => !_steps.IsEmpty;

    /// <summary>Adds a step that is repeated until it answers true. It must be bounded and must not throw.</summary>
    internal void Defer(Func<bool> step) => _steps.Enqueue(step);

    internal void Run(long now)
    {
        if (Interlocked.CompareExchange(ref _running, 1, 0) != 0)
        {
            return;
        }

        try
        {
            foreach (var transfer in Transfers.Slots)
            {
                transfer?.EvaluateDeadline(now);
            }

            RunSteps();
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>The earliest deadline of a transfer in flight, in <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/> when there is none.</summary>
    internal long NextDeadline()
    {
        var next = long.MaxValue;
        foreach (var transfer in Transfers.Slots)
        {
            if (transfer?.Word is { } word && (word & (RequestWord.InFlight | RequestWord.Ended)) == RequestWord.InFlight)
            {
                next = Math.Min(next, transfer.NextDeadline(word));
            }
        }

        return next;
    }

    private void RunSteps()
    {
        for (var remaining = _steps.Count; remaining > 0 && _steps.TryDequeue(out var step); remaining--)
        {
            if (!step())
            {
                _steps.Enqueue(step);
            }
        }
    }
}
