using System.CommandLine;
using Nixl.Bench.Allocations;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench alloc</c>: what the hot paths allocate.</summary>
internal static class AllocCommand
{
    internal static Command Create()
    {
        var operations = new Option<int>("--operations") { Description = "Operations per figure.", DefaultValueFactory = static _ => 100_000 };
        var transports = new Option<string[]>("--transports")
        {
            Description = "Sets of UCX transports (UCX_TLS).",
            DefaultValueFactory = static _ => ["posix,cma,self", "tcp"],
            AllowMultipleArgumentsPerToken = true,
        };
        var size = new Option<long[]>("--size") { Description = "Bytes per operation.", DefaultValueFactory = static _ => [4096], CustomParser = ByteSizes.Parse };
        var json = CommonOptions.Json();
        var command = new Command("alloc", "Measure what warm operations allocate: the growth of the whole process's allocated bytes.")
        {
            operations, transports, size, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(operations), parsed.GetValue(transports)!, parsed.GetValue(size)!.Single(), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int operations, string[] transports, long size, FileInfo? json, CancellationToken cancellation)
    {
        var machine = MachineDescription.OfThis();
        var text = new AllocationText(Console.Out);
        text.WriteHead(machine, operations, size);
        var results = new List<AllocationResult>();
        foreach (var set in transports)
        {
            await foreach (var result in AllocationRun.RunAsync(set, operations, size, cancellation))
            {
                text.WriteResult(result);
                results.Add(result);
            }
        }

        JsonReport.Write(json, new { Machine = machine, Operations = operations, Size = size, Results = results });
        return 0;
    }
}
