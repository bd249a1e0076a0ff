using System.Globalization;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>What has to be known about a run before its figures mean anything.</summary>
internal static class RunHeader
{
    internal static IEnumerable<(string Name, string Value)> Lines(RunReport report, IReadOnlyList<string> given)
    {
        var (machine, plan) = (report.Machine, report.Plan);
        yield return ("Machine", string.Create(CultureInfo.InvariantCulture, $"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}"));
        yield return ("System", $"{machine.System}; {machine.Runtime}");
        yield return ("Command", given.Count == 0 ? plan.Title : $"{plan.Title} {string.Join(' ', given)}");
        foreach (var rank in report.Ranks)
        {
            var processor = rank.Processor is { } bound ? string.Create(CultureInfo.InvariantCulture, $"processor {bound}") : "any processor";
            var library = rank.Library.Length == 0 ? "no native library" : rank.Library;
            yield return (string.Create(CultureInfo.InvariantCulture, $"Rank {rank.Rank}"), string.Create(CultureInfo.InvariantCulture, $"{rank.Role} on {rank.Host}, process {rank.ProcessId}, {processor}; {library}"));
        }

        if (report.Transports.Length > 0)
        {
            yield return ("Transports", report.Transports.ReplaceLineEndings("; "));
        }

        yield return ("Transfers", Transfers(plan));
        foreach (var note in report.Notes)
        {
            yield return ("Note", note);
        }
    }

    /// <summary>The kinds of memory on both sides, as the seeds' table names them.</summary>
    internal static string MemoryOf(TransferPlan plan) => plan.Store switch
    {
        StoreKind.Files => "DRAM -> FILE",
        StoreKind.Objects => "DRAM -> OBJ",
        StoreKind.Copy => "DRAM -> DRAM",
        _ => "DRAM -> DRAM (Remote)",
    };

    private static string Transfers(TransferPlan plan)
    {
        var made = plan.ReregistersMemory ? "registered and made anew each time" : plan.RecreatesTransfers ? "made anew each time" : "made once";
        var progress = plan.UsesProgressThread ? "progress threads" : "polled";
        var places = plan.Locations == LocationMode.None ? "" : string.Create(CultureInfo.InvariantCulture, $", places {plan.Locations} (seed {plan.Seed})");
        var buffers = plan.BufferBytes is { } bytes ? $", buffers of {DataSize.Format(bytes)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Iterations} per case after {plan.WarmUp}, {plan.Threads} threads x {plan.PipelineDepth} in flight, {made}{(plan.UsesPreparedLists ? " of prepared lists" : "")}, {progress}{places}{buffers}");
    }
}
