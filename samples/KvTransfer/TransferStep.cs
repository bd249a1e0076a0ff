namespace Nixl.Samples.KvTransfer;

/// <summary>One step of the run, measured: how long it took as a whole and how long each of its requests.</summary>
/// <param name="name">What the user reads.</param>
/// <param name="movesPages">Whether what it moves are pages of the cache.</param>
internal sealed class TransferStep(string name, bool movesPages)
{
    private readonly List<TimeSpan> _latencies = [];
    private TimeSpan _elapsed;
    private long _bytes;

    /// <summary>Whether all bytes that the step moved were right; null while nobody has looked.</summary>
    public bool? IsVerified { get; set; }

    public bool HasRun => _latencies.Count > 0;

    /// <summary>Adds one round.</summary>
    /// <param name="elapsed">From the first post to the last end.</param>
    /// <param name="bytes">What was moved.</param>
    /// <param name="latencies">From post to end, for each request.</param>
    public void Add(TimeSpan elapsed, long bytes, IEnumerable<TimeSpan> latencies)
    {
        _elapsed += elapsed;
        _bytes += bytes;
        _latencies.AddRange(latencies);
    }

    public StepReport ToReport()
    {
        var sorted = _latencies.Order().ToArray();
        var seconds = _elapsed.TotalSeconds;
        return new StepReport(
            name,
            sorted.Length,
            movesPages ? (int)(_bytes / CacheGeometry.PageBytes) : null,
            _bytes,
            seconds,
            seconds > 0 ? _bytes / seconds / 1e9 : 0,
            Percentile(sorted, 0.50),
            Percentile(sorted, 0.99),
            IsVerified ?? false);
    }

    // The nearest rank: a value that was measured, with at least this share of all at or below it.
    private static double Percentile(TimeSpan[] sorted, double share)
        => sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Length) - 1].TotalMicroseconds;
}
