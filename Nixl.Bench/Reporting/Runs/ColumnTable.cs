using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>Rows under columns that are as wide as what stands in them.</summary>
internal static class ColumnTable
{
    internal static void Write(TextWriter output, IReadOnlyList<Column> columns, IReadOnlyList<CaseResult> rows)
    {
        var cells = rows.Select(row => columns.Select(column => column.Text(row)).ToArray()).Prepend([.. columns.Select(static column => column.Header)]).ToList();
        var widths = columns.Select((_, index) => cells.Max(row => row[index].Length)).ToArray();
        foreach (var row in cells)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, index) => cell.PadLeft(widths[index]))).TrimEnd());
        }
    }
}
