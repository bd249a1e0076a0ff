using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Nixl.Diagnostics;

namespace Nixl.Tests.Diagnostics;

/// <summary>Listens to the meter as an exporter does, for one agent.</summary>
internal sealed class MetricsRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Instrument, string? Status), long> _values = [];
    private readonly ConcurrentDictionary<string, int> _recorded = [];
    private readonly string _agent;

    internal MetricsRecorder(string agent)
    {
        _agent = agent;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TelemetryNames.Meter)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Observe);
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.Start();
    }

    internal ConcurrentBag<Instrument> Instruments { get; } = [];

    /// <summary>The value of an instrument now; null when the agent does not report it.</summary>
    internal long? Read(string instrument, string? tag = null)
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return _values.TryGetValue((instrument, tag), out var value) ? value : null;
    }

    /// <summary>How many values a histogram was given.</summary>
    internal int Recorded(string instrument) => _recorded.GetValueOrDefault(instrument);

    public void Dispose() => _listener.Dispose();

    private void Observe(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (IsOfAgent(tags))
        {
            _values[(instrument.Name, tags.Length > 1 ? (string?)tags[1].Value : null)] = value;
        }
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (IsOfAgent(tags) && value >= 0)
        {
            _recorded.AddOrUpdate(instrument.Name, 1, static (_, count) => count + 1);
        }
    }

    private bool IsOfAgent(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => tags.Length > 0 && tags[0].Key == TelemetryNames.AgentTag && _agent.Equals(tags[0].Value);
}
