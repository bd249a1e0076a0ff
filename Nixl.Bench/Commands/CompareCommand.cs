using System.CommandLine;
using System.Text.Json;
using Nixl.Bench.Compare;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench compare</c>: ours and what others would be used instead, in turn.</summary>
internal static class CompareCommand
{
    private const string StandardOutput = "-";
    private const int QuickBlockMs = 1;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new FiniteNumberConverter() } };

    internal static Command Create()
    {
        var suites = new Option<string[]>("--suite")
        {
            Description = $"Suites to run, all without this: {string.Join(", ", SuiteCatalog.All.Select(static suite => suite.Name))}.",
            DefaultValueFactory = static _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds") { Description = "Alternations per case; at least 10 for differences below 10 %.", DefaultValueFactory = static _ => 10 };
        rounds.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
            {
                result.AddError("--rounds must be at least 1.");
            }
        });
        var blockMs = new Option<int>("--block-ms") { Description = "How long a contender runs before the next has its turn.", DefaultValueFactory = static _ => 100 };
        var only = new Option<string[]>("--only")
        {
            Description = "Only cases whose name has one of these parts, such as 'x 16' or '1 MiB'.",
            DefaultValueFactory = static _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        var quick = new Option<bool>("--quick") { Description = "Tiny sizes and one round, verified: to see that everything runs." };
        var verify = new Option<bool>("--verify") { Description = "Compare the bytes after every block of either side, not only before each case." };
        var list = new Option<bool>("--list") { Description = "Say which suites can run here, why others cannot, and how to get what is missing." };
        var processors = new Option<string>("--processors") { Description = "Processors of the two processes: auto, off, or CLIENT,TARGET.", DefaultValueFactory = static _ => "auto" };
        var folder = new Option<DirectoryInfo>("--folder") { Description = "Where the files of the suites about files go.", DefaultValueFactory = static _ => new DirectoryInfo(Path.GetTempPath()) };
        var upstream = new Option<FileInfo?>("--upstream") { Description = "Upstream's nixlbench; otherwise one on the path that is not this program." };
        var json = new Option<string?>("--json") { Description = "Write [{suite, case, ours, other, unit, ratio, runs, spread}] to this file; - for standard output, where the table then goes to standard error." };
        var markdown = new Option<string?>("--markdown") { Description = "Write the tables as Markdown to this file; - for standard output." };
        var command = new Command("compare", "Compare with what else would be used: ours and the other in turn, on the same bytes; medians, spread and the ratio.")
        {
            suites, rounds, blockMs, only, quick, verify, list, processors, folder, upstream, json, markdown,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new ComparePlan
            {
                Rounds = parsed.GetValue(quick) ? 1 : parsed.GetValue(rounds),
                Block = TimeSpan.FromMilliseconds(parsed.GetValue(quick) ? QuickBlockMs : parsed.GetValue(blockMs)),
                IsQuick = parsed.GetValue(quick),
                Verifies = parsed.GetValue(quick) || parsed.GetValue(verify),
                Processors = ProcessorPair.Parse(parsed.GetValue(processors)!),
                Folder = parsed.GetValue(folder)!.FullName,
                UpstreamProgram = parsed.GetValue(upstream)?.FullName,
                Only = parsed.GetValue(only)!,
            },
            parsed.GetValue(suites)!,
            parsed.GetValue(list),
            parsed.GetValue(json),
            parsed.GetValue(markdown),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ComparePlan plan, string[] names, bool lists, string? json, string? markdown, CancellationToken cancellation)
    {
        var chosen = SuiteCatalog.Choose(names);
        var text = new CompareText(json == StandardOutput || markdown == StandardOutput ? Console.Error : Console.Out);
        if (lists)
        {
            text.WriteList(chosen, plan);
            return 0;
        }

        JitWarmUp.IsShort = plan.IsQuick;
        var machine = MachineDescription.OfThis();
        text.WriteHead(plan, machine);
        var outcomes = await new CompareRun(plan, text).RunAsync(chosen, cancellation);
        WriteTo(json, output => output.WriteLine(JsonSerializer.Serialize(
            outcomes.SelectMany(static outcome => outcome.Results.Select(result => result.ToRow(outcome.Suite.Name))), JsonOptions)));
        WriteTo(markdown, output => CompareMarkdown.Write(output, plan, machine, outcomes));

        // One that was asked for by name and could not run is no success; without names, what is absent has been said.
        return outcomes.Any(static outcome => outcome.Failure is not null) ? BenchmarkException.Failed
            : names.Length > 0 && outcomes.Any(static outcome => outcome.Absence is not null) ? BenchmarkException.Incomplete
            : 0;
    }

    private static void WriteTo(string? path, Action<TextWriter> write)
    {
        if (path == StandardOutput)
        {
            write(Console.Out);
        }
        else if (path is not null)
        {
            using var file = new StreamWriter(path);
            write(file);
        }
    }
}
