using System.Globalization;
using Nixl.Bench.ControlPath;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Reporting;

/// <summary>The control path as a table, written row by row as the results come.</summary>
internal sealed class ControlText(TextWriter output)
{
    internal void WriteHead(ControlPlan plan, MachineDescription machine)
    {
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
        output.WriteLine($"{plan.Rounds} rounds; blocks of {plan.Block.TotalMilliseconds:0} ms; processor {plan.Processor?.ToString(CultureInfo.InvariantCulture) ?? "chosen by the scheduler"}");
        output.WriteLine($"reference: {plan.Reference ?? "control_reference.c, gcc -O2"}");
        output.WriteLine();
        output.WriteLine("                                                                      median time        per item           agent time / reference time, medians            means");
        output.WriteLine("  UCX_TLS         work                        count  regions      agent  reference    agent   ref.    ratio  p10..p90    min..max     bar        ratio  p10..p90");
    }

    internal void WriteResult(ControlResult result)
    {
        var one = result.Case;
        var regions = one.Regions == one.Count ? "" : one.Regions.ToString(CultureInfo.InvariantCulture);
        output.Write($"  {result.Transports,-14}  {one.Title,-26} {one.Count,6}  {regions,7}  {Time(result.Agent.Median),9}");
        if (result is { Reference: { } reference, MedianRatio: { } medians, MeanRatio: { } means })
        {
            output.Write($"  {Time(reference.Median),9}  {PerItem(result.Agent, one),7}  {PerItem(reference, one),5}");
            output.Write($"    {medians.Median,5:0.00}  {Spread(medians),-10}  {medians.Min:0.00}..{medians.Max,-5:0.00}  {one.Bar:0.0} {Verdict(result.IsMet == true)}");
            output.WriteLine($"    {means.Median,5:0.00}  {Spread(means)}");
        }
        else
        {
            output.WriteLine($"  {"-",9}  {PerItem(result.Agent, one),7}");
        }
    }

    internal void WriteGrowth(IReadOnlyCollection<ControlGrowth> growths)
    {
        output.WriteLine();
        output.WriteLine("  UCX_TLS         work                       regions     from       to    agent   reference     bar");
        foreach (var growth in growths)
        {
            output.WriteLine(
                $"  {growth.Transports,-14}  {growth.Title,-26} {growth.Regions,7}  {growth.From,7}  {growth.To,7}  {growth.Agent,6:0.0} x  {growth.Reference,6:0.0} x  {growth.Bar,6:0.0} x {Verdict(growth.IsMet)}");
        }

        output.WriteLine();
        output.WriteLine("A ratio is the median of the rounds' ratios: 1.00 is equal, above it the agent is slower. Times are medians of the rounds'; an item is a descriptor, an");
        output.WriteLine("index or a region. Growth is the time at the greater count by the time at the smaller one.");
    }

    private static string Verdict(bool isMet) => isMet ? "met   " : "MISSED";

    private static string Spread(Distribution ratio) => $"{ratio.P10:0.00}..{ratio.P90:0.00}";

    private static string PerItem(Distribution nanoseconds, ControlCase one) => (nanoseconds.Median / one.Count).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 10_000 => $"{nanoseconds:0} ns",
        < 10_000_000 => $"{nanoseconds / 1e3:0.0} us",
        _ => $"{nanoseconds / 1e6:0.0} ms",
    };
}
