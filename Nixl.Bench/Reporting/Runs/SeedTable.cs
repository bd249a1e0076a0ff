using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>The table that NIXL's documents show, line by line as results come.</summary>
internal sealed class SeedTable(TextWriter output)
{
    private static IReadOnlyList<Column> Shown => Columns.Seeds;

    internal void WriteHead(string backend, string memory, string operation)
    {
        output.WriteLine("=== NIXL Benchmark Results ===");
        output.WriteLine($"Backend: {backend}");
        output.WriteLine($"Memory Type: {memory}");
        output.WriteLine($"Operation: {operation}");
        output.WriteLine();
        output.WriteLine(string.Join(" | ", Shown.Select(static column => column.Header)));
        output.WriteLine(string.Join('|', Shown.Select(static (column, index) => new string('-', column.Header.Length + (index == 0 ? 1 : 2)))));
    }

    internal void WriteRow(CaseResult result)
        => output.WriteLine(string.Join(" | ", Shown.Select((column, index) => index == Shown.Count - 1 ? column.Text(result) : column.Text(result).PadRight(column.Header.Length))));
}
