using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nixl.Bench.KvCache;
using Nixl.Bench.Options;
using Nixl.Bench.Planning;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench kv</c>: from a model and how it is served to a benchmark of moving its caches; and custom traffic between ranks.</summary>
internal static class KvCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static Command Create() => new("kv", "Plan and run transfers of KV caches: sizes from a model's geometry, traffic from a matrix.")
    {
        CreateSizes(), CreatePlan(), CreateProfile(), TrafficCommand.Create(), MatrixGeneratorCommand.Create(),
    };

    private static Command CreateSizes()
    {
        var options = new KvOptions();
        var command = new Command("kvcache", "Print what the caches take: bytes, I/O size and batch.");
        options.AddTo(command);
        command.SetAction(parsed => Console.Write(KvText.Table(options.Plans(parsed))));
        return command;
    }

    private static Command CreatePlan()
    {
        var options = new KvOptions();
        var format = new Option<string>("--format") { Description = "text, json or csv.", DefaultValueFactory = static _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "csv");
        var command = new Command("plan", "Print the nixlbench command that moves the caches as a batch of blocks. Takes nixlbench's own options, too.") { format };
        var read = AddRunOptions(command, options);
        command.SetAction(parsed =>
        {
            List<(KvPlan Plan, OptionValues Values)> plans = [.. options.Plans(parsed).Select(plan => (plan, read(parsed, plan)))];
            Write(plans, parsed.GetValue(format)!);
        });
        return command;
    }

    private static Command CreateProfile()
    {
        var options = new KvOptions();
        var command = new Command("profile", "Run what plan prints; between processes that this one starts, unless others are to be met.");
        command.Aliases.Add("run");
        var read = AddRunOptions(command, options);
        command.SetAction(async (parsed, cancellation) =>
        {
            var status = 0;
            foreach (var plan in options.Plans(parsed))
            {
                var values = read(parsed, plan);
                if (!values.IsGiven("etcd_endpoints") && !values.IsGiven("runtime_type") && !values.IsGiven("mode"))
                {
                    values.SetDefault("local_pair", "true");
                }

                Console.WriteLine(KvText.Head(plan));
                status = Math.Max(status, await RunProgram.ExecuteAsync(PlanBuilder.Build(values, "kv profile", BackendCatalog.Installed()), cancellation));
            }

            return status;
        });
        return command;
    }

    /// <summary>Declares the options of a run beside the cache's, and gives what reads them for a plan.</summary>
    private static Func<ParseResult, KvPlan, OptionValues> AddRunOptions(Command command, KvOptions options)
    {
        string[] places = [KvRoute.File, KvRoute.Memory, KvRoute.Gpu];
        var source = new Option<string?>("--source") { Description = "Where the caches are: file, memory or gpu." };
        var destination = new Option<string?>("--destination") { Description = "Where they go: file, memory or gpu." };
        source.AcceptOnlyFromAmong(places);
        destination.AcceptOnlyFromAmong(places);
        options.AddTo(command);
        command.Add(source);
        command.Add(destination);
        var reader = new OptionReader(command, OptionTable.All);
        return (parsed, plan) =>
        {
            var values = reader.Read(parsed);
            KvRoute.Apply(values, parsed.GetValue(source), parsed.GetValue(destination));
            foreach (var (name, value) in ((string, long)[])
                [("start_block_size", plan.IoBytes), ("max_block_size", plan.IoBytes), ("start_batch_size", plan.Batch), ("max_batch_size", plan.Batch)])
            {
                values.Set(name, value.ToString(CultureInfo.InvariantCulture));
            }

            if (values.Text("scheme") == "tp")
            {
                values.SetDefault("num_target_dev", plan.Workload.TensorParallel.ToString(CultureInfo.InvariantCulture));
            }

            return values;
        };
    }

    private static void Write(IReadOnlyList<(KvPlan Plan, OptionValues Values)> plans, string format)
    {
        switch (format)
        {
            case "json":
                Console.WriteLine(JsonSerializer.Serialize(plans.Select(static one => All(one.Plan, one.Values)), Indented));
                break;
            case "csv":
                List<Dictionary<string, object>> rows = [.. plans.Select(static one => All(one.Plan, one.Values))];
                Console.WriteLine(string.Join(',', rows[0].Keys.Select(KvText.Field)));
                rows.ForEach(static row => Console.WriteLine(string.Join(',', row.Values.Select(KvText.Field))));
                break;
            default:
                foreach (var (plan, values) in plans)
                {
                    Console.WriteLine($"{KvText.Head(plan)}\n{KvText.Command(Given(values))}\n");
                }

                break;
        }
    }

    private static IEnumerable<string> Given(OptionValues values) => values.Given.Order(StringComparer.Ordinal);

    private static Dictionary<string, object> All(KvPlan plan, OptionValues values)
        => new(KvText.Values(plan)) { ["command"] = string.Join(' ', ["nixlbench", .. Given(values)]) };
}
