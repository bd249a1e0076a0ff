using Nixl.Agent;

namespace Nixl.Progress;

/// <content>What transfers tell the agent: counted, logged once, and acted on outside of native callbacks.</content>
internal sealed partial class ProgressLoop
{
    private long _quarantined;
    private long _quarantinedBytes;
    private long _refusedCompletions;

    /// <summary>Acts on a peer whose connection was lost; set by the agent, called by the housekeeping.</summary>
    internal Action<RemoteAgent, string>? PeerLost { get; set; }

    /// <summary>How many transfers ended while their engine still owns the memory.</summary>
    internal long Quarantined => Interlocked.Read(ref _quarantined);

    internal long QuarantinedBytes => Interlocked.Read(ref _quarantinedBytes);

    /// <summary>How often an engine completed a post that was not in flight: defects of engines.</summary>
    internal long RefusedCompletions => Interlocked.Read(ref _refusedCompletions);

    /// <summary>Takes note that a transfer enters (1) or leaves (-1) quarantine.</summary>
    internal void CountQuarantine(int change, long bytes)
    {
        Interlocked.Add(ref _quarantined, change);
        Interlocked.Add(ref _quarantinedBytes, change * bytes);
    }

    internal void ReportQuarantine(Transfer transfer, NixlStatus status)
        => ProgressLog.Quarantined(Settings.Logger, Settings.AgentName, transfer.RemoteAgent, transfer.Backend, status, transfer.TotalBytes);

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
        if (remote.TryReportLoss())
        {
            Defer(() =>
            {
                PeerLost?.Invoke(remote, backend);
                return true;
            });
        }
    }

    private void ReportDefect(ProgressDriver driver)
    {
        if (driver.TakeDefect() is { } defect)
        {
            ProgressLog.EngineThrew(Settings.Logger, defect, Settings.AgentName, driver.Name);
        }
    }
}
