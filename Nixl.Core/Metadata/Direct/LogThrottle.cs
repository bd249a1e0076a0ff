namespace Nixl.Metadata;

/// <summary>Lets through a few log lines per interval, so that a stranger who misbehaves in a loop cannot fill the log. Thread-safe.</summary>
internal sealed class LogThrottle
{
    // A misbehaving peer is understood from a few lines; ten per ten seconds are far from noise for an operator.
    private const int LinesMax = 10;
    private const long IntervalMs = 10_000;

    private readonly Lock _gate = new();
    private long _intervalStart = Environment.TickCount64;
    private int _lines;
    private int _suppressed;

    /// <summary>Whether a line may be written now; <paramref name="suppressed"/> counts those that were not since the last one that was.</summary>
    internal bool TryEnter(out int suppressed)
    {
        lock (_gate)
        {
            var now = Environment.TickCount64;
            if (now - _intervalStart >= IntervalMs)
            {
                _intervalStart = now;
                _lines = 0;
            }

            if (_lines == LinesMax)
            {
                _suppressed++;
                suppressed = 0;
                return false;
            }

            _lines++;
            suppressed = _suppressed;
            _suppressed = 0;
            return true;
        }
    }
}
