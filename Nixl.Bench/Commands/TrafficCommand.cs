using System.CommandLine;
using System.Globalization;
using Nixl.Bench.Coordination;
using Nixl.Bench.KvCache.Traffic;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench kv matrix</c>: custom traffic, each rank sending its own number of bytes to each other one.</summary>
internal static class TrafficCommand
{
    private const int CountMax = 10_000_000;

    internal static Command Create()
    {
        var files = new Argument<string[]>("matrix") { Description = "Matrix files, or a JSON list of them; they run one after the other.", Arity = ArgumentArity.OneOrMore };
        var backend = new Option<string>("--backend") { Description = "UCX, or SHM for ranks of one machine.", DefaultValueFactory = static _ => "UCX" };
        var operation = new Option<TransferOperation>("--op_type", "--xfer_op") { Description = "WRITE: senders write. READ: receivers read.", DefaultValueFactory = static _ => TransferOperation.Write };
        var iterations = new Option<int>("--iterations", "--iters") { Description = "How often each matrix is measured.", DefaultValueFactory = static _ => 50 };
        var warmup = new Option<int>("--warmup_iter", "--warmup_iters") { Description = "How often it runs before.", DefaultValueFactory = static _ => 10 };
        var parts = new Option<int>("--shards") { Description = "In how many descriptors each cell moves.", DefaultValueFactory = static _ => 1 };
        var verify = new Option<bool>("--verify-buffers") { Description = "Compare every received byte." };
        var print = new Option<bool>("--print-recv-buffers") { Description = "Print the beginning of what was received." };
        var json = CommonOptions.Json("--json-output-path");
        var common = new CollectiveOptions();
        var command = new Command("matrix", "Run custom traffic: a matrix says how many bytes each rank sends to each other one.")
        {
            files, backend, operation, iterations, warmup, parts, verify, print, json,
        };
        command.Aliases.Add("ct-perftest");
        command.Aliases.Add("sequential-ct-perftest");
        common.AddConnectionsTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var plan = new TrafficPlan(
                TrafficFiles.Read(parsed.GetValue(files)!),
                parsed.GetValue(operation),
                common.Backend(parsed, parsed.GetValue(backend)!),
                Count(parsed.GetValue(iterations), 1, "iterations"),
                Count(parsed.GetValue(warmup), 0, "warmup_iter"),
                Count(parsed.GetValue(parts), 1, "shards"),
                parsed.GetValue(verify),
                parsed.GetValue(print),
                common.Ranks.Limit(parsed));
            return RankProgram.RunAsync(
                common.Ranks.For(plan.Matrices[0].Ranks), parsed, (ranks, token) => RunAsync(ranks, plan, parsed.GetValue(json), token), cancellation);
        });
        return command;
    }

    private static int Count(int value, int min, string name)
        => value >= min && value <= CountMax ? value : throw new BenchmarkException($"{name} cannot be {value}: it takes {min} to {CountMax}.");

    private static async Task RunAsync(IRendezvous ranks, TrafficPlan plan, FileInfo? json, CancellationToken cancellation)
    {
        var machine = MachineDescription.OfThis();
        if (ranks.Rank == 0)
        {
            Console.WriteLine($"{machine.Processor}, {machine.Processors} processors, load {machine.LoadAverage}; {machine.System}; {machine.Runtime}");
            Console.WriteLine($"{ranks.Count} ranks, {plan.Backend.Name}, {plan.Operation}; {plan.Iterations} iterations after {plan.Warmup}; latency: mean of the slowest rank");
            Console.WriteLine("  Transfer size (GB)    Latency (ms)    Aggregate GB/s    GB/s per sender    Senders    Verified    Matrix");
        }

        var results = new List<TrafficResult>();
        await TrafficRun.RunAsync(
            ranks,
            plan,
            (result, lines) =>
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Bytes / 1e9,20:0.000000}{result.Mean * 1e3,16:0.000}{result.BytesPerSecond / 1e9,18:0.000}{result.BytesPerSecondOfRank / 1e9,19:0.000}"
                    + $"{result.Senders,11}{(result.IsVerified ? "yes" : "not asked"),12}    {Path.GetFileName(result.Matrix)}"));
                foreach (var line in lines)
                {
                    Console.WriteLine(line);
                }

                results.Add(result);
            },
            cancellation);
        if (ranks.Rank == 0)
        {
            JsonReport.Write(json, new { Machine = machine, Backend = plan.Backend.Name, Operation = plan.Operation, plan.Iterations, Results = results });
        }
    }
}
