namespace Nixl.Bench.Reporting.Html;

/// <summary>An axis: how a value becomes a place between 0 and 1, and which values are marked.</summary>
internal sealed class PlotAxis
{
    private readonly Func<double, double> _transform;
    private readonly double _low;
    private readonly double _high;

    private PlotAxis(string title, Func<double, double> transform, double low, double high, IReadOnlyList<(double Value, string Text)> marks)
    {
        (Title, _transform, Marks) = (title, transform, marks);
        (_low, _high) = (transform(low), transform(high));
    }

    internal string Title { get; }

    internal IReadOnlyList<(double Value, string Text)> Marks { get; }

    /// <summary>From 0 to a round number above the greatest value.</summary>
    internal static PlotAxis Linear(string title, IEnumerable<double> values, Func<double, string> format)
    {
        var most = Math.Max(values.DefaultIfEmpty(1).Max(), double.Epsilon);
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(most)));
        var step = new[] { 0.2, 0.5, 1, 2 }.Select(factor => factor * magnitude).First(step => most / step <= 6);
        var count = (int)Math.Ceiling(most / step);
        return new PlotAxis(title, static value => value, 0, count * step, [.. Enumerable.Range(0, count + 1).Select(i => (i * step, format(i * step)))]);
    }

    /// <summary>Powers of ten around the values.</summary>
    internal static PlotAxis Logarithmic(string title, IEnumerable<double> values, Func<double, string> format)
    {
        var positive = values.Where(static value => value > 0).DefaultIfEmpty(1).ToList();
        var first = (int)Math.Floor(Math.Log10(positive.Min()));
        var last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(positive.Max())));
        var low = Math.Pow(10, first);
        return new PlotAxis(
            title, value => Math.Log10(Math.Max(value, low)), low, Math.Pow(10, last),
            [.. Enumerable.Range(first, last - first + 1).Select(power => (Math.Pow(10, power), format(Math.Pow(10, power))))]);
    }

    /// <summary>Sizes at distances of their logarithms, each marked.</summary>
    internal static PlotAxis Sizes(string title, IReadOnlyList<long> sizes, Func<double, string> format)
    {
        var every = (sizes.Count + 9) / 10;
        var (low, high) = sizes.Count == 1 ? (sizes[0] / 2.0, sizes[0] * 2.0) : (sizes.Min(), (double)sizes.Max());
        return new PlotAxis(title, Math.Log2, low, high, [.. sizes.Where((_, i) => i % every == 0).Select(size => ((double)size, format(size)))]);
    }

    /// <summary>Shares below 1, spread so that each further nine has the same room.</summary>
    internal static PlotAxis Percentiles(string title, long count)
    {
        var nines = Math.Clamp((int)Math.Ceiling(Math.Log10(Math.Max(10, count))), 1, 5);
        (double, string)[] marks = [(0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99"), (0.99999, "99.999")];
        return new PlotAxis(title, share => -Math.Log10(Math.Max(1 - share, Math.Pow(10, -nines))), 0, 1 - Math.Pow(10, -nines), [.. marks.Take(nines + 2)]);
    }

    /// <summary>Where between both ends a value lies.</summary>
    internal double Place(double value) => _high > _low ? Math.Clamp((_transform(value) - _low) / (_high - _low), 0, 1) : 0.5;
}
