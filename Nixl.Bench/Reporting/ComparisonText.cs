using System.Globalization;
using Nixl.Bench.Commands;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Reporting;

/// <summary>A comparison as a table, written row by row as the results come.</summary>
/// <remarks>The process runs without cultures (InvariantGlobalization), so numbers have points.</remarks>
internal sealed class ComparisonText(TextWriter output)
{
    internal void WriteHead(ComparisonPlan plan, MachineDescription machine)
    {
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
        output.WriteLine($"{plan.Rounds} rounds; blocks of {plan.Block.TotalMilliseconds:0} ms; one operation at a time; target: an agent, {plan.TargetProgress} progress");
        output.WriteLine(plan.Processors is { } pair ? $"clients on processor {pair.Client}, target on {pair.Target}" : "processors chosen by the scheduler");
        if (plan.IsControl)
        {
            output.WriteLine("CONTROL: the columns named agent are a second copy of the C program.");
        }
    }

    internal void WriteSetup(ComparisonSetup setup)
    {
        output.WriteLine();
        output.WriteLine($"UCX_TLS={setup.Transports}: {setup.Library}, error handling {setup.ErrorHandling}");
        output.WriteLine($"  lanes of the agent: {setup.Lanes}; of the C program: {setup.ReferenceLanes}");
        output.WriteLine($"  settings: {string.Join(' ', setup.Settings.Select(static setting => $"{setting.Key}={setting.Value}"))}");
    }

    internal void WriteCreation(CreationResult creation)
    {
        var (ratio, verdict) = (creation.Ratio, creation.Ratio.Median <= CreationResult.Bar ? "met" : "MISSED");
        output.WriteLine(
            $"  creating the backend: agent {Time(creation.Agent.Median)}, ucp_init and ucp_worker_create in C {Time(creation.Reference.Median)}: "
            + $"{ratio.Median:0.00} times as long, {Spread(ratio)}, bar {CreationResult.Bar} {verdict}");
        output.WriteLine("                       median operation     throughput, GB/s   CPU per operation   C time / agent time, medians    means");
        output.WriteLine("  size          op     agent         C       agent        C     agent         C    ratio  p10..p90   min..max   ratio  p10..p90");
    }

    internal void WriteCase(CaseResult result)
    {
        var size = ByteSizes.Format(result.Size);
        var (name, verb) = (result.Blocks > 1 ? $"{result.Blocks} x {size}" : size, result.Operation == TransferOperation.Write ? "put" : "get");
        var (agent, reference) = (result.Agent, result.Reference);
        var (medians, means) = (result.MedianRatio, result.MeanRatio);
        output.WriteLine(
            $"  {name,-13} {verb} {Time(agent.Median),9} {Time(reference.Median),9}   {Bandwidth(agent, result.Size * result.Blocks),9} {Bandwidth(reference, result.Size * result.Blocks),8}"
            + $" {Time(agent.Cpu),9} {Time(reference.Cpu),9}    {medians.Median:0.00} {Spread(medians)} {medians.Min:0.00}..{medians.Max:0.00}    {means.Median:0.00} {Spread(means)}");
    }

    internal void WriteFoot()
    {
        output.WriteLine();
        output.WriteLine("A ratio is the median of the rounds' ratios: 1.00 is equal, below it the agent is slower. Times are medians of the rounds'.");
        output.WriteLine("Throughput and means hold every interruption by other processes; with more running processes than processors they say little.");
    }

    private static string Spread(Distribution ratio) => $"{ratio.P10:0.00}..{ratio.P90:0.00}";

    private static string Time(Distribution nanoseconds) => nanoseconds.Median switch
    {
        < 10_000 => $"{nanoseconds.Median:0} ns",
        < 10_000_000 => $"{nanoseconds.Median / 1e3:0.0} us",
        _ => $"{nanoseconds.Median / 1e6:0.0} ms",
    };

    private static string Bandwidth(ClientTimes times, long size)
        => (size / times.Mean.Median).ToString(size / times.Mean.Median < 1 ? "0.000" : "0.0", CultureInfo.InvariantCulture);
}
