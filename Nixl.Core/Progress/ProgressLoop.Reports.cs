using Nixl.Agent;

namespace Nixl.Progress;

/// <content>What transfers tell the agent: counted, logged once, and acted on outside of native callbacks.</content>
internal sealed partial class ProgressLoop
{
    // A round over all engines takes microseconds; a thread that is away for this long sits in a call that does not return, or gets no processor.
    private const int StallMs = 2000;

    private long _quarantined;
    private long _quarantinedBytes;
    private long _refusedCompletions;
    private long _awakeSince;

    /// <summary>Acts on a peer whose connection was lost; set by the agent, called by the housekeeping.</summary>
    internal Action<RemoteAgent, string>? PeerLost { get; set; }

    /// <summary>How many transfers ended while their engine still owns the memory.</summary>
    internal long Quarantined => Interlocked.Read(ref _quarantined);

    internal long QuarantinedBytes => Interlocked.Read(ref _quarantinedBytes);

    /// <summary>Whether the thread is up and has not finished a round for two seconds.</summary>
    internal bool IsStalled => _isRunning && !_stopping && Volatile.Read(ref _sleeping) == Awake
        && Environment.TickCount64 - Math.Max(Interlocked.Read(ref _lastTick), Interlocked.Read(ref _awakeSince)) > StallMs;

    /// <summary>How often an engine completed a post that was not in flight: defects of engines.</summary>
    internal long RefusedCompletions => Interlocked.Read(ref _refusedCompletions);

    /// <summary>Takes note that a transfer enters (1) or leaves (-1) quarantine.</summary>
    internal void CountQuarantine(int change, long bytes)
    {
        Interlocked.Add(ref _quarantined, change);
        Interlocked.Add(ref _quarantinedBytes, change * bytes);
    }

    internal void ReportQuarantine(TransferCore transfer, NixlStatus status)
        => ProgressLog.Quarantined(Settings.Logger, Settings.AgentName, transfer.RemoteAgent, transfer.Backend, status, transfer.TotalBytes);

    internal void ReportStall(TransferCore transfer, TimeSpan? left) => ProgressLog.Stalled(
        Settings.Logger,
        Settings.AgentName,
        transfer.Operation,
        transfer.TotalBytes,
        transfer.RemoteAgent,
        transfer.Backend,
        Settings.Options.StallAfter,
        left is { } time ? $"its deadline is in {time.TotalSeconds:0.#} s" : "it has no deadline");

    internal void ReportCompletionRefused(string backend, uint post)
    {
        if (Interlocked.Increment(ref _refusedCompletions) == 1)
        {
            ProgressLog.CompletionRefused(Settings.Logger, Settings.AgentName, backend, post);
        }
    }

    internal void ReportEngineThrew(string backend, Exception defect) => ProgressLog.EngineThrew(Settings.Logger, defect, Settings.AgentName, backend);

    /// <summary>Takes note of a lost connection; the peer is dropped by the housekeeping, not inside the native callback that brought the news.</summary>
    internal void ReportDisconnect(RemoteAgent remote, string backend)
    {
        if (remote.TryReportLoss(backend))
        {
            Defer(() =>
            {
                PeerLost?.Invoke(remote, backend);
                return true;
            });
        }
    }

    /// <summary>From now on the thread is expected to finish its rounds: see <see cref="IsStalled"/>.</summary>
    private void NoteAwake() => Interlocked.Exchange(ref _awakeSince, Environment.TickCount64);

    private void SignalThread()
    {
        NoteAwake();
        _wakeUp.Signal();
    }

    private void ReportDefect(ProgressDriver driver)
    {
        if (driver.TakeDefect() is { } defect)
        {
            ProgressLog.EngineThrew(Settings.Logger, defect, Settings.AgentName, driver.Name);
        }
    }
}
