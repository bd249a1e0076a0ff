using System.CommandLine;
using Nixl.Bench.Collectives;
using Nixl.Bench.Coordination;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench all_reduce</c>: sums over all ranks, built of one-sided writes with notifications.</summary>
internal static class AllReduceCommand
{
    internal static Command Create()
    {
        var options = new CollectiveOptions();
        var backend = new Option<string>("--backend") { Description = "UCX, or SHM for ranks of one machine.", DefaultValueFactory = static _ => "UCX" };
        var algorithm = new Option<string>("--algorithm") { Description = "ring, doubling or both.", DefaultValueFactory = static _ => "both" };
        algorithm.AcceptOnlyFromAmong("ring", "doubling", "both");
        var command = new Command("all_reduce", "Sum over all ranks with one-sided writes: in a ring and by recursive doubling, every element compared.") { backend, algorithm };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var plan = options.Plan(parsed);
            var chosen = options.Backend(parsed, parsed.GetValue(backend)!);
            AllReduceAlgorithm[] algorithms = parsed.GetValue(algorithm) switch
            {
                "ring" => [AllReduceAlgorithm.Ring],
                "doubling" => [AllReduceAlgorithm.Doubling],
                _ => [AllReduceAlgorithm.Ring, AllReduceAlgorithm.Doubling],
            };
            return RankProgram.RunAsync(
                options.Ranks, parsed, (ranks, token) => RunAsync(ranks, plan, algorithms, chosen, parsed.GetValue(options.Json), token), cancellation);
        });
        return command;
    }

    private static async Task RunAsync(
        IRendezvous ranks, CollectivePlan plan, AllReduceAlgorithm[] algorithms, BackendSelection backend, FileInfo? json, CancellationToken cancellation)
    {
        var text = new CollectiveText(Console.Out);
        var machine = MachineDescription.OfThis();
        if (ranks.Rank == 0)
        {
            text.WriteAllReduceHead(plan, backend, ranks.Count, machine);
        }

        var results = new List<CollectiveResult>();
        await AllReduceRun.RunAsync(
            ranks,
            plan,
            algorithms,
            backend,
            result =>
            {
                text.Write(result);
                results.Add(result);
            },
            cancellation);
        if (ranks.Rank == 0)
        {
            JsonReport.Write(json, new { Machine = machine, Plan = plan, Backend = backend.Name, Results = results });
        }
    }
}
