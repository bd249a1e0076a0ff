using System.Diagnostics.Metrics;

namespace Nixl.Diagnostics;

/// <summary>The process's one meter. All instruments but the two histograms are read from the living agents when somebody scrapes.</summary>
internal static class NixlMetrics
{
    private const string Bytes = "By";
    private const string Microseconds = "us";

    private static readonly Meter Meter = new(TelemetryNames.Meter, typeof(NixlMetrics).Assembly.GetName().Version?.ToString(3));
    private static readonly Lock Gate = new();
    private static volatile NixlAgent[] _agents = []; // replaced under Gate

    static NixlMetrics()
    {
        Counter(TelemetryNames.MemoryRegistered, Bytes, static agent => agent.Counters.BytesRegistered);
        Counter(TelemetryNames.MemoryDeregistered, Bytes, static agent => agent.Counters.BytesDeregistered);
        CounterOfTelemetry(TelemetryNames.TxBytes, Bytes, static agent => agent.Moved(TransferOperation.Write).Bytes);
        CounterOfTelemetry(TelemetryNames.RxBytes, Bytes, static agent => agent.Moved(TransferOperation.Read).Bytes);
        CounterOfTelemetry(TelemetryNames.TxRequests, "{request}", static agent => agent.Moved(TransferOperation.Write).Posts);
        CounterOfTelemetry(TelemetryNames.RxRequests, "{request}", static agent => agent.Moved(TransferOperation.Read).Posts);
        Counter(TelemetryNames.PeersLost, "{peer}", static agent => agent.Counters.PeersLost);
        Counter(TelemetryNames.CompletionsRefused, "{completion}", static agent => agent.RefusedCompletions);
        Counter(TelemetryNames.MetadataRefused, "{load}", static agent => agent.Counters.MetadataRefused);
        Counter(TelemetryNames.TransfersDropped, "{transfer}", static agent => agent.Counters.TransfersDropped);
        Counter(TelemetryNames.StagedBytes, Bytes, static agent => agent.Counters.BytesStaged);
        Meter.CreateObservableCounter(
            TelemetryNames.Errors, static () => Tagged(TelemetryNames.StatusTag, static agent => agent.Counters.Errors), "{error}");
        Meter.CreateObservableCounter(
            TelemetryNames.LimitRefusals, static () => Tagged(TelemetryNames.LimitTag, static agent => agent.Counters.Limits), "{refusal}");
        Gauge(TelemetryNames.TransfersOpen, "{transfer}", static agent => agent.OpenTransfers);
        Gauge(TelemetryNames.TransfersInFlight, "{transfer}", static agent => agent.TransfersInFlight);
        Gauge(TelemetryNames.TransfersStalled, "{transfer}", static agent => agent.TransfersStalled);
        Gauge(TelemetryNames.TransfersQuarantined, "{transfer}", static agent => agent.QuarantinedTransfers);
        Gauge(TelemetryNames.QuarantinedBytes, Bytes, static agent => agent.QuarantinedBytes);
        Gauge(TelemetryNames.BounceBytes, Bytes, static agent => agent.BounceBytes);
        Gauge(TelemetryNames.NotificationsHeld, "{notification}", static agent => agent.NotificationsHeld);
        Gauge(TelemetryNames.NotificationBytes, Bytes, static agent => agent.NotificationBytes);
        Gauge(TelemetryNames.Regions, "{region}", static agent => agent.RegionCount);
        Gauge(TelemetryNames.Peers, "{peer}", static agent => agent.PeerCount);
        Gauge(TelemetryNames.RemoteRegions, "{region}", static agent => agent.RemoteRegionCount);
        Gauge(TelemetryNames.ListenerConnections, "{connection}", static agent => agent.ListenerConnectionCount);
        Gauge(TelemetryNames.HeartbeatReceivers, "{connection}", static agent => agent.HeartbeatReceiverCount);
    }

    internal static Histogram<double> TransferTime { get; } = Meter.CreateHistogram<double>(TelemetryNames.TransferTime, Microseconds);

    internal static Histogram<double> PostTime { get; } = Meter.CreateHistogram<double>(TelemetryNames.PostTime, Microseconds);

    internal static void Add(NixlAgent agent)
    {
        lock (Gate)
        {
            _agents = [.. _agents, agent];
        }
    }

    internal static void Remove(NixlAgent agent)
    {
        lock (Gate)
        {
            _agents = [.. _agents.Where(other => other != agent)];
        }
    }

    internal static KeyValuePair<string, object?> AgentTag(string agent) => new(TelemetryNames.AgentTag, agent);

    private static void Counter(string name, string unit, Func<NixlAgent, long> read)
        => Meter.CreateObservableCounter(name, () => Measure(_agents, read), unit);

    private static void CounterOfTelemetry(string name, string unit, Func<NixlAgent, long> read)
        => Meter.CreateObservableCounter(name, () => Measure(_agents.Where(static agent => agent.HasTelemetry), read), unit);

    private static void Gauge(string name, string unit, Func<NixlAgent, long> read)
        => Meter.CreateObservableGauge(name, () => Measure(_agents, read), unit);

    private static IEnumerable<Measurement<long>> Measure(IEnumerable<NixlAgent> agents, Func<NixlAgent, long> read)
        => agents.Select(agent => new Measurement<long>(read(agent), AgentTag(agent.Name)));

    private static IEnumerable<Measurement<long>> Tagged(string tag, Func<NixlAgent, IEnumerable<(string Value, long Count)>> read)
        => from agent in _agents
           from entry in read(agent)
           select new Measurement<long>(entry.Count, AgentTag(agent.Name), new KeyValuePair<string, object?>(tag, entry.Value));
}
