using System.Diagnostics;

namespace Nixl.Diagnostics;

/// <summary>A span around one call; nothing, at the price of one look, while nobody listens.</summary>
internal readonly struct NixlSpan : IDisposable
{
    internal static readonly ActivitySource Source = new(TelemetryNames.ActivitySource, typeof(NixlSpan).Assembly.GetName().Version?.ToString(3));

    private readonly Activity? _activity;

    private NixlSpan(Activity? activity) => _activity = activity;

    /// <summary>What a child on another thread is given as its parent.</summary>
    internal ActivityContext Context => _activity?.Context ?? default;

    internal static NixlSpan Start(string name, string agent, string? peer = null, ActivityContext parent = default)
    {
        if (!Source.HasListeners())
        {
            return default;
        }

        var activity = parent == default ? Source.StartActivity(name) : Source.StartActivity(ActivityKind.Internal, parent, name: name);
        activity?.SetTag(TelemetryNames.AgentTag, agent);
        var span = new NixlSpan(activity);
        span.Tag(TelemetryNames.PeerTag, peer);
        return span;
    }

    internal void Tag<T>(string name, T value)
    {
        if (_activity is not null && value is not null) // looked at first: else the value would be boxed for nobody
        {
            _activity.SetTag(name, value);
        }
    }

    /// <summary>Marks the span as failed unless <paramref name="status"/> is none of an error.</summary>
    internal void End(NixlStatus status)
    {
        if (status < 0)
        {
            _activity?.SetStatus(ActivityStatusCode.Error, status.ToString());
        }
    }

    /// <summary>For an exception filter: marks the span as failed and lets the exception go on.</summary>
    internal bool Fails(Exception failure)
    {
        _activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
        return false;
    }

    public void Dispose() => _activity?.Dispose();
}
