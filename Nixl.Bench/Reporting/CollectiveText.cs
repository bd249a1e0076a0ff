using System.Globalization;
using Nixl.Bench.Collectives;
using Nixl.Bench.Measurement;
using Nixl.Bench.Options;

namespace Nixl.Bench.Reporting;

/// <summary>The results of the collective commands as tables, written row by row as they come.</summary>
internal sealed class CollectiveText(TextWriter output)
{
    private const double Giga = 1e9;

    internal void WriteAllReduceHead(CollectivePlan plan, BackendSelection backend, int ranks, MachineDescription machine)
    {
        WriteHead("all_reduce", plan, ranks, machine);
        var parameters = string.Join(", ", (backend.Parameters ?? new Dictionary<string, string>()).Select(static pair => $"{pair.Key}={pair.Value}"));
        output.WriteLine($"Backend: {backend.Name}{(parameters.Length > 0 ? $" ({parameters})" : "")}; {plan.Iterations} operations per row after {plan.Warmup} of warm-up");
        output.WriteLine("Times: mean of the slowest rank; P50 to P99 of the operations of rank 0. Alloc: bytes that the measured thread allocates per operation.");
        output.WriteLine();
        output.WriteLine("Size        Algorithm     Mean us     P50 us     P95 us     P99 us   Alg GB/s   Bus GB/s    Alloc  Verified");
    }

    internal void WriteHierarchicalHead(CollectivePlan plan, HierarchyShape shape, int rounds, MachineDescription machine)
    {
        WriteHead("hierarchical", plan, shape.Groups * shape.GroupSize, machine);
        output.WriteLine($"{shape.Groups} groups of {shape.GroupSize}: {shape.Inside} within, {shape.Between} among the leaders; the flat ring of all ranks over {shape.Between}");
        output.WriteLine($"{rounds} rounds, each {plan.Iterations} operations one way and then the other; ratio: flat / hierarchical, above 1 two levels are faster");
        output.WriteLine();
        output.WriteLine("Size        Hierarchical us      Flat us     Ratio   p10..p90      Alloc  Verified");
    }

    internal void Write(CollectiveResult result) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{DataSize.Format(result.Bytes),-11} {result.Algorithm,-10} {Micro(result.Mean),10} {Micro(result.Median),10} {Micro(result.P95),10} {Micro(result.P99),10}"
        + $" {result.AlgorithmBandwidth / Giga,10:0.000} {result.BusBandwidth / Giga,10:0.000} {result.AllocatedPerOperation,8:0.##}  {(result.IsVerified ? "yes" : "no")}"));

    internal void Write(HierarchyResult result) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{DataSize.Format(result.Bytes),-11} {Micro(result.Hierarchical.Median),15} {Micro(result.Flat.Median),12} {result.Ratio.Median,9:0.00}   {Spread(result.Ratio)}"
        + $" {result.AllocatedPerOperation,9:0.##}  {(result.IsVerified ? "yes" : "no")}"));

    private static string Micro(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.0}");

    private static string Spread(Distribution ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio.P10:0.00}..{ratio.P90:0.00}");

    private void WriteHead(string command, CollectivePlan plan, int ranks, MachineDescription machine)
    {
        output.WriteLine("=== NIXL Benchmark Results ===");
        output.WriteLine($"{command}: {ranks} ranks, sum of {plan.Element}");
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
    }
}
