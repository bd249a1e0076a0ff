using System.Diagnostics;

namespace Nixl.Bench.Transfers.Measuring;

/// <summary>The times of one kind of one case: exact for up to <see cref="KeptMax"/> of them, else by as many evenly spaced ones of the ordered times.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="SumNanoseconds">All of them together, exact.</param>
/// <param name="Ordered">Nanoseconds, ascending.</param>
internal sealed record LatencyDigest(long Count, double SumNanoseconds, IReadOnlyList<double> Ordered)
{
    /// <summary>How many values travel between ranks at most: four kinds of times fit into one exchange, and a percentile moves by less than a hundredth of a percent of the ranks.</summary>
    internal const int KeptMax = 8000;

    internal static LatencyDigest Empty { get; } = new(0, 0, []);

    internal double Mean => Count == 0 ? 0 : SumNanoseconds / Count;

    internal double Min => Ordered.Count == 0 ? 0 : Ordered[0];

    internal double Max => Ordered.Count == 0 ? 0 : Ordered[^1];

    /// <summary>Of the times of all threads, in ticks of <see cref="Stopwatch"/>.</summary>
    internal static LatencyDigest Of(IReadOnlyCollection<Samples> threads)
    {
        const double Tick = 1e9;
        var digest = OfNanoseconds([.. threads.SelectMany(static thread => thread.Kept.ToArray()).Select(static ticks => ticks * (Tick / Stopwatch.Frequency))]);
        if (digest.Count == 0)
        {
            return Empty;
        }

        double[] ordered = [.. digest.Ordered];
        ordered[0] = threads.Where(static thread => thread.Count > 0).Min(static thread => thread.Min) * (Tick / Stopwatch.Frequency);
        ordered[^1] = ordered.Length == 1 ? ordered[0] : threads.Max(static thread => thread.Max) * (Tick / Stopwatch.Frequency);
        return new LatencyDigest(threads.Sum(static thread => thread.Count), threads.Sum(static thread => thread.Sum) * (Tick / Stopwatch.Frequency), ordered);
    }

    internal static LatencyDigest OfNanoseconds(double[] nanoseconds)
    {
        Array.Sort(nanoseconds);
        return new LatencyDigest(nanoseconds.Length, nanoseconds.Sum(), Thin(nanoseconds));
    }

    /// <summary>Of several ranks' times. Ranks count by the number of values that they kept, which is alike for ranks of one run.</summary>
    internal static LatencyDigest Merge(IReadOnlyCollection<LatencyDigest> digests)
    {
        double[] all = [.. digests.SelectMany(static digest => digest.Ordered)];
        Array.Sort(all);
        return new LatencyDigest(digests.Sum(static digest => digest.Count), digests.Sum(static digest => digest.SumNanoseconds), all);
    }

    /// <summary>The value below which the share <paramref name="quantile"/> of the times lies; between two values interpolated linearly. 0 without any.</summary>
    internal double At(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        if (Ordered.Count == 0)
        {
            return 0;
        }

        var position = quantile * (Ordered.Count - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, Ordered.Count - 1);
        return Ordered[below] + ((Ordered[above] - Ordered[below]) * (position - below));
    }

    // Both ends stay, so that the extremes are exact.
    private static double[] Thin(double[] ordered) => ordered.Length <= KeptMax ? ordered
        : [.. Enumerable.Range(0, KeptMax).Select(i => ordered[(int)((long)i * (ordered.Length - 1) / (KeptMax - 1))])];
}
