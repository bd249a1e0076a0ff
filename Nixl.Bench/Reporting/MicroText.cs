using System.Globalization;
using Nixl.Bench.Micro;

namespace Nixl.Bench.Reporting;

/// <summary>What <c>nixlbench micro</c> finds, as tables.</summary>
internal sealed class MicroText(TextWriter output)
{
    internal void WriteHead(MachineDescription machine, bool isQuick)
    {
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
        output.WriteLine("Medians of repetitions; allocations are those of the whole process and exact. Upstream's figures are its own, from other machines, unless they say measured.");
        if (isQuick)
        {
            output.WriteLine("QUICK: small numbers; times say nothing, allocations do.");
        }

        output.WriteLine();
        output.WriteLine("  group          operation                                                            items        time   per item    allocated      budget   upstream");
    }

    internal void WriteResult(MicroResult result)
        => output.WriteLine(
            $"  {result.Group,-14} {result.Operation,-64} {Count(result.Items),9} {Time(result.Nanoseconds),11} {PerItem(result),10} {Count(result.AllocatedBytes),12} {Budget(result),11}   {result.Upstream}");

    internal void WriteRatios(IEnumerable<MicroRatio> ratios)
    {
        output.WriteLine();
        foreach (var ratio in ratios)
        {
            output.WriteLine($"  {ratio.Name,-78} {CompareText.Number(ratio.Value),9}   {(ratio.Aim is null ? "reported" : $"aim: {ratio.Aim}"),-22} {ratio.Upstream}");
        }
    }

    internal void WriteMarkdown(IEnumerable<MicroResult> results, IEnumerable<MicroRatio> ratios)
    {
        output.WriteLine("| operation | items | time | per item | allocated, bytes | upstream |");
        output.WriteLine("|---|--:|--:|--:|--:|---|");
        foreach (var result in results)
        {
            output.WriteLine($"| {result.Operation} | {Count(result.Items)} | {Time(result.Nanoseconds)} | {PerItem(result)} | {Count(result.AllocatedBytes)} | {result.Upstream} |");
        }

        output.WriteLine();
        output.WriteLine("| ratio | here | aim | upstream |");
        output.WriteLine("|---|--:|---|---|");
        foreach (var ratio in ratios)
        {
            output.WriteLine($"| {ratio.Name} | {CompareText.Number(ratio.Value)} | {ratio.Aim ?? "reported"} | {ratio.Upstream} |");
        }
    }

    private static string Budget(MicroResult result) => result.BudgetBytes is not { } budget ? "NONE" : Count(budget) + (result.IsOver ? " OVER" : "");

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string PerItem(MicroResult result) => result.Items > 1 ? Time(result.Nanoseconds / result.Items) : "";

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0.0} ns"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0} ns"),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0.0} us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.0} ms"),
    };
}
