using System.Globalization;
using System.Text;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>The rows of a run as RFC 4180 has them, under the columns' keys.</summary>
internal static class RunCsv
{
    internal static string Format(RunReport report)
    {
        var text = new StringBuilder();
        AppendLine(text, Columns.All.Select(static column => (object?)column.Key));
        foreach (var one in report.Cases)
        {
            AppendLine(text, Columns.All.Select(column => column.Value(one)));
        }

        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, IEnumerable<object?> cells)
        => text.AppendJoin(',', cells.Select(static cell => Quote(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? ""))).Append("\r\n");

    private static string Quote(string cell)
        => cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
