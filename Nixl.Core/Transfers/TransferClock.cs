using System.Diagnostics;
using Nixl.Diagnostics;

namespace Nixl;

/// <summary>The times of a transfer's current or last post, in units of <see cref="Stopwatch.GetTimestamp"/>. Exists only when telemetry is on.</summary>
/// <remarks>Begin and Posted are called under the transfer's gate, End by the one who owns the transition to the end; each before the word that publishes it
/// is written. A reader compares the word before and after.</remarks>
internal sealed class TransferClock(string agent)
{
    private readonly KeyValuePair<string, object?> _tag = NixlMetrics.AgentTag(agent);
    private long _begun;
    private long _posted;
    private long _ended;

    internal long Begun => Volatile.Read(ref _begun);

    /// <summary>0 until the engine's verb has returned.</summary>
    internal long Posted => Volatile.Read(ref _posted);

    internal long Ended => Volatile.Read(ref _ended);

    internal void Begin()
    {
        Volatile.Write(ref _posted, 0);
        Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
    }

    /// <summary>The engine's verb has returned.</summary>
    /// <param name="hasEnded">The post ended within it: reading the clock once more would cost a small transfer more than it tells.</param>
    internal void Post(bool hasEnded)
    {
        var now = hasEnded ? Ended : Stopwatch.GetTimestamp();
        Volatile.Write(ref _posted, now);
        if (NixlMetrics.PostTime.Enabled)
        {
            NixlMetrics.PostTime.Record(Microseconds(now), _tag);
        }
    }

    internal void End(bool succeeded)
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _ended, now);
        if (succeeded && NixlMetrics.TransferTime.Enabled)
        {
            NixlMetrics.TransferTime.Record(Microseconds(now), _tag);
        }
    }

    private double Microseconds(long now) => (now - _begun) * (1_000_000.0 / Stopwatch.Frequency);
}
