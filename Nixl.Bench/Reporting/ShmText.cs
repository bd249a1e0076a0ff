using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;
using Nixl.Bench.SharedMemory;

namespace Nixl.Bench.Reporting;

/// <summary>The results of <c>nixlbench shm</c> as a table, written row by row as they come.</summary>
internal sealed class ShmText(TextWriter output)
{
    internal void WriteHead(ShmPlan plan, MachineDescription machine)
    {
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
        output.WriteLine($"{plan.Rounds} rounds; blocks of {plan.Block.TotalMilliseconds:0} ms; one operation at a time");
        output.WriteLine(plan.Processors is { } pair ? $"clients on processor {pair.Client}, targets on {pair.Target}" : "processors chosen by the scheduler");
        output.WriteLine("A ratio is the other's time by SHM's, median of the rounds: above 1 SHM is faster.");
    }

    internal void WriteSetup(ShmMemoryKind kind, (string Shm, string Ucx) transports)
    {
        output.WriteLine();
        output.WriteLine($"{kind} memory at the target; SHM: {transports.Shm}; UCX: {transports.Ucx}");
        output.WriteLine("  case                                                    SHM          C        UCX   C / SHM  p10..p90     bar   UCX / SHM  p10..p90");
    }

    internal void WriteCase(ShmResult result)
    {
        var bar = result.Case.Bar > 0 ? $"{result.Case.Bar:0.00}" : "";
        var ucx = result.UcxRatio is { } ratio ? $"{ratio.Median,9:0.00}  {Spread(ratio)}" : "        -";
        output.WriteLine(
            $"  {result.Case.Name,-48} {Time(result.Agent),10} {Time(result.Reference),10} {(result.Ucx is null ? "-" : Time(result.Ucx)),10}"
            + $"   {result.MedianRatio.Median,7:0.00}  {Spread(result.MedianRatio)} {bar,7}   {ucx}");
    }

    private static string Spread(Distribution ratio) => $"{ratio.P10:0.00}..{ratio.P90:0.00}";

    private static string Time(ClientTimes times) => times.Median.Median switch
    {
        < 10_000 => $"{times.Median.Median:0} ns",
        < 10_000_000 => $"{times.Median.Median / 1e3:0.0} us",
        _ => $"{times.Median.Median / 1e6:0.0} ms",
    };
}
