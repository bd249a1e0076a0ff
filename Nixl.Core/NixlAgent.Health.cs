using System.Globalization;

namespace Nixl;

/// <content>Health.</content>
public sealed partial class NixlAgent
{
    // Long enough for the dashboard of an operator to show it, short enough that one restarted peer is forgotten.
    private const int RecentLossMs = 60_000;

    // Written by the constructor only.
    private readonly List<string> _backendsPassedOver = [];

    /// <summary>How the agent does. Reads memory only: no I/O, no call to an engine, no lock that anybody holds for longer than a few instructions. Any thread
    /// may call, also after <see cref="Dispose"/>.</summary>
    public AgentHealth GetHealth()
    {
        var isLive = Volatile.Read(ref _disposed) == 0;
        var reasons = isLive ? Problems().ToList() : ["The agent is disposed."];
        return new AgentHealth(isLive, isLive && !IsDraining && _backends.Instances.Count > 0, reasons);
    }

    private IEnumerable<string> Problems()
    {
        if (_backends.Instances.Count == 0)
        {
            yield return "The agent has no backend.";
        }

        if (IsDraining)
        {
            yield return "The agent is draining: it takes no new peers and gives no leases.";
        }

        foreach (var backend in _backendsPassedOver)
        {
            yield return $"The default backend {backend} could not be created; the log says why.";
        }

        if (TransfersStalled is > 0 and var stalled)
        {
            yield return Text($"{stalled} transfers have not ended within {_settings.Options.StallAfter} of their post; the log names them.");
        }

        if (QuarantinedTransfers is > 0 and var quarantined)
        {
            yield return Text($"{quarantined} transfers over {QuarantinedBytes} bytes ended while their engine still owns the memory.");
        }

        var (held, bytes) = _router.Held;
        if (bytes > _settings.Options.Limits.NotificationBytesMax / 2)
        {
            yield return Text($"{held} notifications of {bytes} bytes wait for the application, more than half of what may wait.");
        }

        if (RefusedCompletions is > 0 and var refused)
        {
            yield return Text($"{refused} completions were refused: an engine has a defect; the log names it.");
        }

        if (_loop.IsStalled && TransfersInFlight is > 0 and var inFlight)
        {
            yield return Text($"The progress thread does not come back from an engine while {inFlight} transfers are in flight.");
        }

        foreach (var problem in _discovery.Problems())
        {
            yield return problem;
        }

        if (Counters.PeersLost is > 0 and var lost && Environment.TickCount64 - Counters.LastPeerLost < RecentLossMs)
        {
            yield return Text($"{lost} peers were lost so far, the last within a minute.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
