using System.CommandLine;
using Nixl.Bench.Micro;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench micro</c>: what descriptors, metadata, registration, notifications and transfers cost, in time and allocations.</summary>
internal static class MicroCommand
{
    internal static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Small numbers: for allocations, and to see that everything runs." };
        var check = new Option<bool>("--check") { Description = "End with 1 when an operation allocates more than its budget, or has none. Times are never judged." };
        var budgets = new Option<FileInfo>("--budgets") { Description = "The file of budgets.", DefaultValueFactory = static _ => AllocationBudgets.Reviewed };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Also write the tables to this file, as Markdown." };
        var json = CommonOptions.Json();
        var command = new Command("micro", "Measure the agent's single operations beside what is known of upstream, and check what they allocate against budgets.")
        {
            quick, check, budgets, markdown, json,
        };
        command.SetAction(parsed => Run(
            new MicroMeter(parsed.GetValue(quick)), parsed.GetValue(quick), parsed.GetValue(check), AllocationBudgets.Read(parsed.GetValue(budgets)!),
            parsed.GetValue(markdown), parsed.GetValue(json)));
        return command;
    }

    private static int Run(MicroMeter meter, bool isQuick, bool checks, AllocationBudgets budgets, FileInfo? markdown, FileInfo? json)
    {
        var machine = MachineDescription.OfThis();
        var text = new MicroText(Console.Out);
        text.WriteHead(machine, isQuick);
        var results = new List<MicroResult>();
        foreach (var measured in Measure(meter))
        {
            var result = budgets.Judge(measured);
            text.WriteResult(result);
            results.Add(result);
        }

        MicroRatio[] ratios = [.. Ratios(results), RegistrationCosts.MeasureGrowth(meter), TransferCosts.MeasureTelemetry(meter)];
        text.WriteRatios(ratios);
        JsonReport.Write(json, new { Machine = machine, Results = results, Ratios = ratios });
        if (markdown is not null)
        {
            using var file = new StreamWriter(markdown.FullName);
            new MicroText(file).WriteMarkdown(results, ratios);
        }

        return checks ? Check(results, budgets) : 0;
    }

    private static IEnumerable<MicroResult> Measure(MicroMeter meter)
        => [.. DescriptorCosts.Measure(meter), .. TransferCosts.Measure(meter), .. NotificationCosts.Measure(meter), .. RegistrationCosts.Measure(meter), .. MetadataCosts.Measure(meter)];

    private static IEnumerable<MicroRatio> Ratios(IReadOnlyList<MicroResult> results) =>
    [
        .. MicroRatio.Of(results, "create from lists / make from prepared lists", TransferCosts.AdHoc, TransferCosts.Made, "at least 3", null),
        .. MicroRatio.Of(results, "build from tuples / from an N x 3 array", DescriptorCosts.OneByOne, DescriptorCosts.FromArray, "at least 3.7", "3.7 (PR 439)"),
        .. MicroRatio.Of(results, "prepare an irregular list / a stride", DescriptorCosts.PrepareFlat, DescriptorCosts.PrepareStrided, "at least 200", "200 (PR 1978)"),
        .. MicroRatio.Of(results, "recreate / repost, 4 KiB over SHM", TransferCosts.Recreate, TransferCosts.Repost, "at least 5", null),
        .. MicroRatio.Of(results, "create, not merged / merged", TransferCosts.Unmerged, TransferCosts.Merged, null, null),
        .. MicroRatio.Of(results, "register 1,265 tensors / the 4 ranges that they lie in", RegistrationCosts.EachTensor, RegistrationCosts.FewRanges, "at least 50", "141 (PR 1498)"),
    ];

    private static int Check(IReadOnlyList<MicroResult> results, AllocationBudgets budgets)
    {
        var over = results.Where(static result => result.IsOver).ToList();
        foreach (var result in over)
        {
            Console.Error.WriteLine(result.BudgetBytes is { } budget
                ? $"nixlbench: '{result.Operation}' allocates {result.AllocatedBytes:0} bytes; its budget is {budget:0}."
                : $"nixlbench: '{result.Operation}' allocates {result.AllocatedBytes:0} bytes and has no budget.");
        }

        var stale = budgets.WithoutOperation(results).ToList();
        stale.ForEach(static name => Console.Error.WriteLine($"nixlbench: there is a budget for '{name}', which is not measured."));
        return over.Count + stale.Count > 0 ? BenchmarkException.Failed : 0;
    }
}
