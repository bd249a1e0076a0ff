using System.Text.Json;
using System.Text.Json.Serialization;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>A run as JSON: the header's facts, and a row per case under the columns' keys.</summary>
internal static class RunJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(), new FiniteNumberConverter() },
    };

    internal static string Format(RunReport report, IReadOnlyList<string> given)
    {
        // Parameters of the backend stay out: they may hold credentials.
        var (plan, rows) = (report.Plan, report.Cases.Select(static one => Columns.All.ToDictionary(static column => column.Key, column => column.Value(one))));
        return JsonSerializer.Serialize(
            new
            {
                report.Machine,
                Command = plan.Title,
                Options = given,
                plan.Backend,
                Memory = RunHeader.MemoryOf(plan),
                Operation = plan.Operation.ToString().ToUpperInvariant(),
                plan.Iterations,
                plan.WarmUp,
                plan.Threads,
                plan.PipelineDepth,
                report.Ranks,
                report.Transports,
                report.Notes,
                Verified = plan.ChecksConsistency ? report.IsGood : (bool?)null,
                Problems = report.Cases.Where(static one => one.Problem is not null).Select(static one => one.Problem),
                Columns = Columns.All.ToDictionary(static column => column.Key, static column => column.Explanation),
                Results = rows,
            },
            Options);
    }
}
