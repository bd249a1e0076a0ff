namespace Nixl.Bench.Measurement;

/// <summary>Where measured values lie.</summary>
internal sealed record Distribution(double Median, double P10, double P90, double Min, double Max)
{
    /// <summary>Of at least one value; between two values interpolated linearly.</summary>
    internal static Distribution Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Distribution(At(sorted, 0.5), At(sorted, 0.1), At(sorted, 0.9), sorted[0], sorted[^1]);
    }

    private static double At(double[] sorted, double quantile)
    {
        var position = quantile * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }
}
