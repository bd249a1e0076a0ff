using Nixl.Bench.Compare;

namespace Nixl.Bench.Reporting;

/// <summary>The same as tables for a document: what <c>docs/performance.md</c> holds.</summary>
internal static class CompareMarkdown
{
    internal static void Write(TextWriter output, ComparePlan plan, MachineDescription machine, IEnumerable<SuiteOutcome> outcomes)
    {
        foreach (var fact in CompareText.Facts(plan, machine))
        {
            output.WriteLine($"* {fact}");
        }

        foreach (var outcome in outcomes)
        {
            output.WriteLine();
            output.WriteLine($"### {outcome.Suite.Name}");
            output.WriteLine();
            output.WriteLine($"{outcome.Suite.Description}. `nixlbench compare --suite {outcome.Suite.Name} --rounds {plan.Rounds}`");
            output.WriteLine();
            WriteOutcome(output, outcome);
        }
    }

    private static void WriteOutcome(TextWriter output, SuiteOutcome outcome)
    {
        if (outcome.Absence is { } absence)
        {
            output.WriteLine($"Not run: {absence.Reason}: {absence.Remedy}");
            return;
        }

        foreach (var remark in outcome.Remarks)
        {
            output.WriteLine($"* {remark}");
        }

        if (outcome.Failure is { } failure)
        {
            output.WriteLine($"* Failed: {failure}");
        }

        if (outcome.Results.Count == 0)
        {
            return;
        }

        var hasCosts = outcome.Results.Any(static result => result.OurCost is not null);
        output.WriteLine();
        output.WriteLine("| case | ours / other | ours | other | unit | ratio | p10..p90 |" + (hasCosts ? " CPU s/GB, ours / other | allocated B/op | p99 us |" : ""));
        output.WriteLine("|---|---|--:|--:|---|--:|---|" + (hasCosts ? "---|---|---|" : ""));
        foreach (var result in outcome.Results)
        {
            output.WriteLine(Row(result));
        }
    }

    private static string Row(CompareResult result)
    {
        var costs = result is { OurCost: { } our, OtherCost: { } other }
            ? $" {CompareText.Number(our.CpuSecondsPerGigabyte)} / {CompareText.Number(other.CpuSecondsPerGigabyte)} |"
                + $" {our.AllocatedBytesPerOperation:0} / {other.AllocatedBytesPerOperation:0} | {CompareText.Number(our.P99Microseconds)} / {CompareText.Number(other.P99Microseconds)} |"
            : "";
        var ratio = CompareText.Number(result.Ratio.Median);
        return $"| {result.Case} | {result.Ours} / {result.Other} | {CompareText.Number(result.OurRate.Median)} | {CompareText.Number(result.OtherRate.Median)} | {result.Unit} |"
            + $" {(result.IsOrientation ? ratio : $"**{ratio}**")} | {CompareText.Number(result.Ratio.P10)}..{CompareText.Number(result.Ratio.P90)} |{costs}";
    }
}
