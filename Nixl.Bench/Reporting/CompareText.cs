using System.Globalization;
using System.Runtime;
using Nixl.Bench.Compare;

namespace Nixl.Bench.Reporting;

/// <summary>What <c>nixlbench compare</c> finds as a table, written row by row.</summary>
internal sealed class CompareText(TextWriter output)
{
    /// <summary>The facts that decide whether a comparison is fair, one a line.</summary>
    internal static IEnumerable<string> Facts(ComparePlan plan, MachineDescription machine)
    {
        yield return $"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}; {machine.Taken:yyyy-MM-dd}";
        yield return $"Nixl {typeof(NixlAgent).Assembly.GetName().Version?.ToString(3)}; {(GCSettings.IsServerGC ? "server" : "workstation")} garbage collector, "
            + $"{GCSettings.LatencyMode.ToString().ToLowerInvariant()}, the same for all: ours and the others run in the same two processes";
        yield return $"{plan.Rounds} rounds, ours and the others in turn, each round another one first; blocks of {plan.Block.TotalMilliseconds:0} ms after a warm-up; memory allocated and touched before";
        yield return plan.Processors is { } pair
            ? $"this process, every thread of it, on processor {pair.Client}, the peer on {pair.Target} (suites that move bytes between processes)" : "processors chosen by the scheduler";
        yield return plan.Verifies
            ? "bytes compared before each case and after each block of either side, outside the clock, where the suite says nothing else"
            : "bytes compared before each case for either side, outside the clock, where the suite says nothing else; --verify: after each block, too";
        yield return "A ratio is ours by the other's, of median operations, median of the rounds: above 1 ours is faster. p10..p90 is where the rounds' ratios lie.";
    }

    internal void WriteHead(ComparePlan plan, MachineDescription machine)
    {
        foreach (var fact in Facts(plan, machine))
        {
            output.WriteLine(fact);
        }

        if (plan.IsQuick)
        {
            output.WriteLine("QUICK: tiny sizes, to see that everything runs. These figures say nothing.");
        }
    }

    internal void WriteList(IEnumerable<ISuite> suites, ComparePlan plan)
    {
        foreach (var suite in suites)
        {
            var absence = suite.FindAbsence(plan);
            output.WriteLine($"{suite.Name,-20} {(absence is null ? "available" : "absent"),-9}  {suite.Description}");
            if (absence is not null)
            {
                output.WriteLine($"{"",-20} {"",-9}  {absence.Reason}: {absence.Remedy}");
            }
        }
    }

    internal void WriteSuite(ISuite suite)
    {
        output.WriteLine();
        output.WriteLine($"{suite.Name}: {suite.Description}");
    }

    internal void WriteRemark(string remark) => output.WriteLine($"  - {remark}");

    internal void WriteAbsence(Absence absence) => output.WriteLine($"  not run: {absence.Reason}: {absence.Remedy}");

    internal void WriteFailure(string message) => output.WriteLine($"  FAILED: {message}");

    internal void WriteResult(CompareResult result, bool isFirst)
    {
        if (isFirst)
        {
            output.WriteLine("  case                                       ours / other                              ours       other  unit              ratio   p10..p90    CPU s/GB        allocated B/op    p99 us");
        }

        var costs = result is { OurCost: { } our, OtherCost: { } other }
            ? $"   {Number(our.CpuSecondsPerGigabyte),6} {Number(other.CpuSecondsPerGigabyte),6}   {our.AllocatedBytesPerOperation,8:0} {other.AllocatedBytesPerOperation,8:0}   {Number(our.P99Microseconds),7} {Number(other.P99Microseconds),7}"
            : "";
        output.WriteLine(
            $"  {result.Case,-42} {result.Ours + " / " + result.Other,-34} {Number(result.OurRate.Median),11} {Number(result.OtherRate.Median),11}  {result.Unit,-15} {Number(result.Ratio.Median),7}"
            + $"   {Number(result.Ratio.P10)}..{Number(result.Ratio.P90),-6}{costs}{(result.IsOrientation ? "  shown, not judged" : "")}");
    }

    /// <summary>Three digits that count.</summary>
    internal static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.01 => value.ToString("0.#E+0", CultureInfo.InvariantCulture),
        < 1 => value.ToString("0.000", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
