using System.Globalization;
using System.Net;
using System.Text;

namespace Nixl.Bench.Reporting.Html;

/// <summary>A line plot as SVG. Colours come from the page's style, so that it follows the reader's light or dark theme.</summary>
internal static class LinePlot
{
    /// <summary>How many lines the style has colours for.</summary>
    internal const int SeriesMax = 6;

    private const int Width = 640;
    private const int Height = 340;
    private const int Left = 74;
    private const int Right = 30;
    private const int Top = 14;
    private const int Bottom = 52;

    internal static string Draw(string title, PlotAxis x, PlotAxis y, IReadOnlyList<PlotSeries> series)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(title)}\">\n");
        DrawMarks(svg, x, y);
        foreach (var line in series)
        {
            DrawSeries(svg, line, x, y);
        }

        svg.Append("</svg>\n<p class=\"legend\">");
        foreach (var line in series)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<span class=\"key k{line.Colour}{(line.IsDashed ? " dashed" : "")}\"></span>{Text(line.Name)} ");
        }

        return svg.Append("</p></figure>\n").ToString();
    }

    private static void DrawMarks(StringBuilder svg, PlotAxis x, PlotAxis y)
    {
        foreach (var (value, text) in y.Marks)
        {
            var at = AtY(y, value);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at:0.#}\" y2=\"{at:0.#}\"/><text class=\"y\" x=\"{Left - 8}\" y=\"{at + 4:0.#}\">{Text(text)}</text>\n");
        }

        foreach (var (value, text) in x.Marks)
        {
            var at = AtX(x, value);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{at:0.#}\" x2=\"{at:0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/><text class=\"x\" x=\"{at:0.#}\" y=\"{Height - Bottom + 18}\">{Text(text)}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"x title\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\">{Text(x.Title)}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"x title\" transform=\"translate(14 {(Top + Height - Bottom) / 2}) rotate(-90)\">{Text(y.Title)}</text>\n");
    }

    private static void DrawSeries(StringBuilder svg, PlotSeries series, PlotAxis x, PlotAxis y)
    {
        var points = series.Points.Select(point => (X: AtX(x, point.X), Y: AtY(y, point.Y), Value: point)).ToList();
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line s{series.Colour}{(series.IsDashed ? " dashed" : "")}\" points=\"");
        foreach (var (px, py, _) in points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"{px:0.#},{py:0.#} ");
        }

        svg.Append("\"/>\n");
        foreach (var (px, py, value) in points.Where(_ => points.Count <= 40))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot s{series.Colour}\" cx=\"{px:0.#}\" cy=\"{py:0.#}\" r=\"3\"><title>{Text(series.Name)}: {value.Y:0.###}</title></circle>\n");
        }
    }

    private static double AtX(PlotAxis x, double value) => Left + (x.Place(value) * (Width - Left - Right));

    private static double AtY(PlotAxis y, double value) => Height - Bottom - (y.Place(value) * (Height - Top - Bottom));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
