using System.CommandLine;
using System.Globalization;
using Nixl.Bench.Registry;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench registry</c>: what registering and planning cost among many regions, over an engine that does nothing.</summary>
internal static class RegistryCommand
{
    private static readonly bool[] Orders = [false, true]; // ascending, shuffled

    internal static Command Create()
    {
        var regions = Counts("--regions", "Registered regions among which one is registered and deregistered.", 1_000, 10_000, 100_000);
        var spread = Counts("--spread", "Regions over which the lists are spread.", 1, 5_000);
        var descriptors = Counts("--descriptors", "Descriptors of a list.", 10_000, 100_000);
        var json = CommonOptions.Json();
        var command = new Command("registry", "Measure registering, deregistering and planning transfers among many regions: the agent's part alone.")
        {
            regions, spread, descriptors, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(regions)!, parsed.GetValue(spread)!, parsed.GetValue(descriptors)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(int[] regions, int[] spread, int[] descriptors, FileInfo? json)
    {
        var machine = MachineDescription.OfThis();
        Console.WriteLine($"{machine.Processor}, {machine.Processors} processors; {machine.System}; {machine.Runtime}");
        Console.WriteLine();
        Console.WriteLine("  activity                             regions   descriptors   processor time each");
        var lists = from count in descriptors from over in spread from shuffled in Orders select (over, count, shuffled);
        var results = new List<RegistryResult>();
        foreach (var result in regions.SelectMany(RegistryRun.OneByOne)
            .Concat(lists.SelectMany(static list => RegistryRun.Lists(list.over, list.count, list.shuffled))))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {result.Activity,-34}  {result.Regions,8}  {result.Descriptors,12}  {result.Nanoseconds / 1e3,15:0.00} us"));
            results.Add(result);
        }

        JsonReport.Write(json, new { Machine = machine, Results = results });
        return 0;
    }

    private static Option<int[]> Counts(string name, string description, params int[] values)
        => new(name) { Description = description, DefaultValueFactory = _ => values, AllowMultipleArgumentsPerToken = true };
}
