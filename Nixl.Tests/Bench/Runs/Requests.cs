using System.CommandLine;
using System.Text.Json;
using Nixl.Bench.Options;
using Nixl.Bench.Planning;
using Nixl.Bench.Scripts;

namespace Nixl.Tests.Bench.Runs;

/// <summary>What command lines ask for, without running it.</summary>
internal static class Requests
{
    /// <summary>All backends that the benchmark knows, as if each were installed.</summary>
    internal static readonly IReadOnlySet<string> Everything = new HashSet<string>
        { "UCX", "SHM", "LIBFABRIC", "MOONCAKE", "UCCL", "GPUNETIO", "POSIX", "GDS", "GDS_MT", "HF3FS", "OBJ", "AZURE_BLOB", "INFINIA", "GUSLI" };

    private static readonly Dictionary<string, (Command Command, OptionReader Reader)> Readers = [];

    /// <summary>Of <c>nixlbench run</c>.</summary>
    internal static RunRequest Of(params string[] arguments) => PlanBuilder.Build(Values("run", OptionTable.All, arguments), "run", Everything);

    /// <summary>Of a script.</summary>
    internal static RunRequest OfScript(string name, params string[] arguments)
    {
        var script = SeedScripts.All.Single(script => script.Name == name);
        var values = Values(name, [.. ScriptOptions.All.Where(option => script.Options.Contains(option.Name)), .. OptionTable.All], arguments);
        var notes = ScriptTranslation.Apply(script, values);
        return name == "memory_copy" ? CopyPlanner.Build(values, name) : PlanBuilder.Build(values, name, Everything, notes);
    }

    /// <summary>Everything about a request that decides what happens.</summary>
    internal static string Describe(RunRequest request) => JsonSerializer.Serialize(
        new { request.Plan, request.Meeting, Json = request.Outputs.Json?.Name, Csv = request.Outputs.Csv?.Name, Html = request.Outputs.Html?.Name });

    private static OptionValues Values(string name, IReadOnlyList<BenchOption> options, string[] arguments)
    {
        lock (Readers)
        {
            if (!Readers.TryGetValue(name, out var known))
            {
                var command = new Command(name);
                Readers.Add(name, known = (command, new OptionReader(command, options)));
            }

            var parsed = known.Command.Parse(arguments);
            return parsed.Errors.Count == 0 ? known.Reader.Read(parsed) : throw new Nixl.Bench.BenchmarkException(parsed.Errors[0].Message);
        }
    }
}
