using System.Diagnostics;
using Nixl.Diagnostics;

namespace Nixl;

/// <summary>The times of a transfer's current or last post, in units of <see cref="Stopwatch.GetTimestamp"/>, and how many ended with success. Exists only when
/// telemetry is on.</summary>
/// <remarks>
/// <para>Begin and Posted are called under the transfer's gate, End by the one who owns the transition to the end; each before the word that publishes it
/// is written. A reader compares the word before and after.</para>
/// <para>Reading the clock twice costs a third of what moving 4 KiB over shared memory takes. So where nobody asks for the times of a transfer, and it was posted often and
/// ends fast, only one post in <see cref="OneIn"/> is timed: the histograms get a sample. Counting is exact, and plain: posts of one transfer do not overlap.</para>
/// </remarks>
internal sealed class TransferClock(string agent)
{
    /// <summary>So many posts of a transfer are timed in any case.</summary>
    internal const int TimedAtFirst = 64;

    /// <summary>Of the later ones one in so many, as long as they are fast.</summary>
    internal const int OneIn = 32;

    // What is not fast any more: the two looks at the clock, 45 ns, are 1 % of it.
    private static readonly long Fast = Stopwatch.Frequency / 250_000;

    private readonly KeyValuePair<string, object?> _tag = NixlMetrics.AgentTag(agent);
    private long _begun;
    private long _posted;
    private long _ended;
    private long _succeeded;
    private int _timed;
    private int _pass;
    private bool _isTimed;
    private volatile bool _isAskedFor;

    internal long Begun => Volatile.Read(ref _begun);

    /// <summary>0 until the engine's verb has returned.</summary>
    internal long Posted => Volatile.Read(ref _posted);

    internal long Ended => Volatile.Read(ref _ended);

    /// <summary>Whether the times are those of the current or last post, not of an earlier one.</summary>
    internal bool IsTimed => Volatile.Read(ref _isTimed);

    /// <summary>Posts that ended with success.</summary>
    internal long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>Somebody wants to know the times: from now on every post is timed.</summary>
    internal void Ask()
    {
        if (!_isAskedFor)
        {
            _isAskedFor = true;
        }
    }

    internal void Begin()
    {
        if (_pass > 0 && !_isAskedFor)
        {
            _pass--;
            _isTimed = false;
            return;
        }

        _isTimed = true;
        Volatile.Write(ref _posted, 0);
        Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
    }

    /// <summary>The engine's verb has returned.</summary>
    /// <param name="hasEnded">The post ended within it: reading the clock once more would cost a small transfer more than it tells.</param>
    internal void Post(bool hasEnded)
    {
        if (!_isTimed)
        {
            return;
        }

        var now = hasEnded ? Ended : Stopwatch.GetTimestamp();
        Volatile.Write(ref _posted, now);
        if (NixlMetrics.PostTime.Enabled)
        {
            NixlMetrics.PostTime.Record(Microseconds(now), _tag);
        }
    }

    internal void End(bool succeeded)
    {
        if (succeeded)
        {
            Volatile.Write(ref _succeeded, _succeeded + 1);
        }

        if (_isTimed)
        {
            EndTimed(succeeded);
        }
    }

    private void EndTimed(bool succeeded)
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _ended, now);
        _timed++;
        _pass = _timed > TimedAtFirst && now - _begun < Fast ? OneIn - 1 : 0;
        if (succeeded && NixlMetrics.TransferTime.Enabled)
        {
            NixlMetrics.TransferTime.Record(Microseconds(now), _tag);
        }
    }

    private double Microseconds(long now) => (now - _begun) * (1_000_000.0 / Stopwatch.Frequency);
}
