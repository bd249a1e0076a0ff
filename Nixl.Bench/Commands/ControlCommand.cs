using System.CommandLine;
using System.Globalization;
using Nixl.Bench.Comparison;
using Nixl.Bench.ControlPath;
using Nixl.Bench.Measurement;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench control</c>: planning transfers, registering memory and exchanging metadata, against a C program that does the same work.</summary>
internal static class ControlCommand
{
    private const int RoundsMin = 10;

    internal static Command Create()
    {
        var descriptors = Counts("--descriptors", "Descriptors of a list, and scattered indices.", 10_000, 100_000);
        var consecutive = Counts("--consecutive", "Consecutive indices.", 1_000, 100_000);
        var regions = Counts("--regions", "Regions over which the lists of a created transfer are spread, on either side.", 1, 1_000);
        var registrations = Counts("--registrations", "Regions that are registered with UCX.", 1_000, 10_000);
        var transports = new Option<string[]>("--transports")
        {
            Description = "Sets of UCX transports (UCX_TLS) to register with, one comparison each.",
            DefaultValueFactory = static _ => ["tcp", "posix,cma,self"],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds") { Description = $"Alternations per case, at least {RoundsMin}.", DefaultValueFactory = static _ => 12 };
        rounds.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < RoundsMin)
            {
                result.AddError($"A ratio needs at least {RoundsMin} rounds.");
            }
        });
        var blockMs = new Option<int>("--block-ms") { Description = "How long one program runs before the other has its turn.", DefaultValueFactory = static _ => 40 };
        var processor = new Option<string>("--processor")
        {
            Description = "Processor of both programs' measuring threads: auto, off or a number.",
            DefaultValueFactory = static _ => "auto",
        };
        var only = new Option<string[]>("--only")
        {
            Description = "Only work whose name has one of these parts, such as create, 'make, scattered' or register.",
            DefaultValueFactory = static _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        var reference = new Option<FileInfo?>("--reference")
        {
            Description = "A program to compare with instead of the one in C: it answers the same lines (see Reference/control_reference.c).",
        };
        var quick = CommonOptions.QuickWarmUp();
        var json = CommonOptions.Json();
        var command = new Command("control", "Compare planning, registering and metadata with a C program that does the same work: the ratio of their times, with its spread.")
        {
            descriptors, consecutive, regions, registrations, transports, rounds, blockMs, processor, only, reference, quick, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            JitWarmUp.IsShort = parsed.GetValue(quick);
            return RunAsync(
                new ControlPlan
                {
                    Descriptors = parsed.GetValue(descriptors)!,
                    Consecutive = parsed.GetValue(consecutive)!,
                    Regions = parsed.GetValue(regions)!,
                    Registrations = parsed.GetValue(registrations)!,
                    Transports = parsed.GetValue(transports)!,
                    Rounds = parsed.GetValue(rounds),
                    Block = TimeSpan.FromMilliseconds(parsed.GetValue(blockMs)),
                    Processor = ParseProcessor(parsed.GetValue(processor)!),
                    Only = parsed.GetValue(only)!,
                    Reference = parsed.GetValue(reference)?.FullName,
                },
                parsed.GetValue(json),
                cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(ControlPlan plan, FileInfo? json, CancellationToken cancellation)
    {
        using var program = plan.Reference is null ? await ReferenceProgram.CompileAsync("control_reference", "-O2", cancellation) : null;
        using var comparison = new ControlComparison(plan, plan.Reference ?? program!.Path);
        var machine = MachineDescription.OfThis();
        var text = new ControlText(Console.Out);
        text.WriteHead(plan, machine);
        var results = new List<ControlResult>();
        await foreach (var result in comparison.RunAsync(cancellation))
        {
            text.WriteResult(result);
            results.Add(result);
        }

        var growths = ControlGrowth.Of(results).ToList();
        text.WriteGrowth(growths);
        JsonReport.Write(json, new { Machine = machine, Plan = plan, Results = results, Growths = growths });
        return 0;
    }

    private static int? ParseProcessor(string text)
    {
        var allowed = Placement.Allowed();
        return text == "off" ? null
            : text == "auto" ? allowed.Count > 1 ? allowed[0] : null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var processor) && allowed.Contains(processor) ? processor
            : throw new BenchmarkException($"'{text}' is no processor: write auto, off, or one of {string.Join(' ', allowed)}.");
    }

    private static Option<int[]> Counts(string name, string description, params int[] values)
        => new(name) { Description = description, DefaultValueFactory = _ => values, AllowMultipleArgumentsPerToken = true };
}
