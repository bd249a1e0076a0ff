namespace Nixl.Bench.Reporting.Html;

/// <summary>A line of a plot.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">In the order in which they are joined; in the units of the axes.</param>
/// <param name="Colour">Which of the page's colours.</param>
/// <param name="IsDashed">Whether it is dashed.</param>
internal sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points, int Colour, bool IsDashed = false);
