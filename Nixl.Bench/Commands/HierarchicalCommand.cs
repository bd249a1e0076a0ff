using System.CommandLine;
using Nixl.Bench.Collectives;
using Nixl.Bench.Coordination;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench hierarchical</c>: sums on two levels, within groups and among their leaders, beside one ring over all ranks.</summary>
internal static class HierarchicalCommand
{
    internal static Command Create()
    {
        var options = new CollectiveOptions();
        var groups = new Option<int>("--groups") { Description = "How many groups the ranks form; each is on one machine.", DefaultValueFactory = static _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "How often the two ways take turns.", DefaultValueFactory = static _ => 11 };
        var inside = new Option<string>("--intra_backend") { Description = "The backend within a group.", DefaultValueFactory = static _ => "SHM" };
        var between = new Option<string>("--inter_backend") { Description = "The backend among leaders, and of the ring over all ranks.", DefaultValueFactory = static _ => "UCX" };
        var command = new Command("hierarchical", "Sum on two levels - shared memory within groups, tcp among their leaders - in turn with one ring over tcp; every element compared.")
        {
            groups, rounds, inside, between,
        };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var plan = options.Plan(parsed);
            var (first, second) = (options.Backend(parsed, parsed.GetValue(inside)!), options.Backend(parsed, parsed.GetValue(between)!));
            var shape = Shape(parsed.GetValue(groups), options.Ranks.Ranks(parsed), first.Name, second.Name);
            var turns = parsed.GetValue(rounds) is var asked && asked is > 0 and <= 10_000
                ? asked : throw new BenchmarkException("The two ways take turns 1 to 10,000 times.");
            BackendSelection[] backends = first.Name == second.Name ? [second] : [first, second];
            return RankProgram.RunAsync(
                options.Ranks, parsed, (ranks, token) => RunAsync(ranks, plan, shape, turns, backends, parsed.GetValue(options.Json), token), cancellation);
        });
        return command;
    }

    private static HierarchyShape Shape(int groups, int ranks, string inside, string between)
        => groups >= 1 && groups <= ranks && ranks % groups == 0
            ? new HierarchyShape(groups, ranks / groups, inside, between)
            : throw new BenchmarkException($"{ranks} ranks do not form {groups} groups of the same size.");

    private static async Task RunAsync(
        IRendezvous ranks, CollectivePlan plan, HierarchyShape shape, int rounds, BackendSelection[] backends, FileInfo? json, CancellationToken cancellation)
    {
        var text = new CollectiveText(Console.Out);
        var machine = MachineDescription.OfThis();
        if (ranks.Rank == 0)
        {
            text.WriteHierarchicalHead(plan, shape, rounds, machine);
        }

        var results = new List<HierarchyResult>();
        await HierarchyRun.RunAsync(
            ranks,
            plan,
            shape,
            rounds,
            backends,
            result =>
            {
                text.Write(result);
                results.Add(result);
            },
            cancellation);
        if (ranks.Rank == 0)
        {
            JsonReport.Write(json, new { Machine = machine, Plan = plan, Shape = shape, Rounds = rounds, Results = results });
        }
    }
}
