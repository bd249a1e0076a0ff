using System.Globalization;
using System.Net;
using System.Text;
using Nixl.Bench.Options;
using Nixl.Bench.Reporting.Runs;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Html;

/// <summary>A run as one page that needs nothing else: facts, plots, tables and what their columns mean.</summary>
internal static class RunPage
{
    // Points of a curve of percentiles, evenly spread over its axis.
    private const int CurvePoints = 120;

    internal static string Format(RunReport report, IReadOnlyList<string> given)
    {
        var page = new StringBuilder();
        var title = $"{report.Plan.Title}: {report.Plan.Backend} {report.Plan.Operation.ToString().ToUpperInvariant()}, {RunHeader.MemoryOf(report.Plan)}";
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Text(title)}</title><style>\n{PageStyle.Css}\n</style></head><body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(title)}</h1><p class=\"lead\">nixlbench, {report.Machine.Taken:yyyy-MM-dd HH:mm} UTC. {Verdict(report)}</p>\n");
        AppendFacts(page, report, given);
        page.Append("<h2>Plots</h2>\n<div class=\"plots\">\n").Append(Bandwidth(report)).Append(Latency(report)).Append(DistributionOf(report)).Append("</div>\n");
        AppendTable(page, "Results", Columns.Seeds, report.Cases);
        AppendTable(page, "Times (μs)", Columns.Times, report.Cases);
        AppendTable(page, "Costs and verification", Columns.Costs, report.Cases);
        page.Append("<h2>What the columns mean</h2><dl class=\"columns\">\n");
        foreach (var column in Columns.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"<dt>{Text(column.Header)}</dt><dd>{Text(column.Explanation)}</dd>\n");
        }

        return page.Append("</dl></body></html>\n").ToString();
    }

    private static string Verdict(RunReport report) => !report.Plan.ChecksConsistency && report.IsGood ? "Content was not compared."
        : report.IsGood ? "<span class=\"good\">Every byte was compared, and is right.</span>"
        : $"<span class=\"bad\">{Text(report.Cases.First(static one => one.Problem is not null).Problem!)}</span>";

    private static void AppendFacts(StringBuilder page, RunReport report, IReadOnlyList<string> given)
    {
        page.Append("<dl>\n");
        foreach (var (name, value) in RunHeader.Lines(report, given))
        {
            page.Append(CultureInfo.InvariantCulture, $"<dt>{Text(name)}</dt><dd>{Text(value)}</dd>\n");
        }

        page.Append("</dl>\n");
    }

    private static void AppendTable(StringBuilder page, string title, IReadOnlyList<Column> columns, IReadOnlyList<CaseResult> cases)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2><div class=\"scroll\"><table><thead><tr>");
        page.AppendJoin("", columns.Select(static column => $"<th title=\"{Text(column.Explanation)}\">{Text(column.Header)}</th>")).Append("</tr></thead><tbody>\n");
        foreach (var one in cases)
        {
            page.Append("<tr>").AppendJoin("", columns.Select(column => $"<td>{Text(column.Text(one))}</td>")).Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static string Bandwidth(RunReport report)
    {
        var series = ByBatch(report, static one => one.BytesPerSecond / 1e9, "batch");
        return LinePlot.Draw(
            "Bandwidth over block size", SizeAxis(report), PlotAxis.Linear("GB/s", ValuesOf(series), static value => value.ToString("0.###", CultureInfo.InvariantCulture)), series);
    }

    private static string Latency(RunReport report)
    {
        List<PlotSeries> series =
        [
            .. ByBatch(report, static one => one.Latency.At(0.5) / 1e3, "P50, batch"),
            .. ByBatch(report, static one => one.Latency.At(0.99) / 1e3, "P99, batch").Select(static line => line with { IsDashed = true }),
        ];
        return LinePlot.Draw("Latency over block size", SizeAxis(report), LatencyAxis(series), series);
    }

    private static string DistributionOf(RunReport report)
    {
        // As many cases as there are colours, spread over all.
        var step = Math.Max(1, (int)Math.Ceiling(report.Cases.Count / (double)LinePlot.SeriesMax));
        var shown = report.Cases.Where((_, i) => i % step == 0).ToList();
        var x = PlotAxis.Percentiles("Percentile of transfers", shown.Select(static one => one.Latency.Count).DefaultIfEmpty(1).Max());
        var series = shown.Select(static (one, i) => new PlotSeries(
            Figures.Size(one), [.. Curve(one.Latency.Count).Select(share => (share, one.Latency.At(share) / 1e3))], i)).ToList();
        return LinePlot.Draw("Latency distribution", x, LatencyAxis(series), series);
    }

    /// <summary>Shares at equal distances of the axis of percentiles, up to the last that the number of samples can tell.</summary>
    private static IEnumerable<double> Curve(long samples)
        => Enumerable.Range(0, CurvePoints + 1).Select(i => 1 - Math.Pow(10, -Math.Log10(Math.Max(2, samples)) * i / CurvePoints));

    private static List<PlotSeries> ByBatch(RunReport report, Func<CaseResult, double> value, string name) => [.. report.Cases
        .GroupBy(static one => one.Batch)
        .Take(LinePlot.SeriesMax)
        .Select((batch, i) => new PlotSeries(
            string.Create(CultureInfo.InvariantCulture, $"{name} {batch.Key}"), [.. batch.OrderBy(static one => one.BlockBytes).Select(one => ((double)one.BlockBytes, value(one)))], i))];

    private static PlotAxis SizeAxis(RunReport report) => PlotAxis.Sizes(
        "Block size", [.. report.Cases.Select(static one => one.BlockBytes).Distinct().Order()], static size => DataSize.Format((long)size));

    private static PlotAxis LatencyAxis(IReadOnlyList<PlotSeries> series)
        => PlotAxis.Logarithmic("μs (logarithmic)", ValuesOf(series), static value => value.ToString("#,0.###", CultureInfo.InvariantCulture));

    private static IEnumerable<double> ValuesOf(IEnumerable<PlotSeries> series) => series.SelectMany(static line => line.Points.Select(static point => point.Y));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
