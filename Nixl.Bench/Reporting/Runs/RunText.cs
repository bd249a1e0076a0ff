using System.Globalization;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>A run for people: what ran where, the seeds' table, and two tables with the rest.</summary>
internal sealed class RunText(TextWriter output, IReadOnlyList<string> given)
{
    private readonly SeedTable _table = new(output);

    internal void WriteHead(RunReport report)
    {
        foreach (var (name, value) in RunHeader.Lines(report, given))
        {
            output.WriteLine($"{name,-12} {value}");
        }

        output.WriteLine();
        _table.WriteHead(report.Plan.Backend, RunHeader.MemoryOf(report.Plan), report.Plan.Operation.ToString().ToUpperInvariant());
    }

    internal void WriteRow(CaseResult result) => _table.WriteRow(result);

    internal void WriteFoot(RunReport report)
    {
        output.WriteLine();
        ColumnTable.Write(output, Columns.Times, report.Cases);
        output.WriteLine();
        ColumnTable.Write(output, Columns.Costs, report.Cases);
        output.WriteLine();
        foreach (var one in report.Cases.Where(static one => one.Problem is not null))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAILED: {Figures.Size(one)}: {one.Problem}"));
        }

        output.WriteLine("What the columns mean: nixlbench help columns");
    }
}
