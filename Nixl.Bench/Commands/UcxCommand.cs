using System.CommandLine;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench ucx</c>: the agent against a C program that makes the same libucp calls.</summary>
internal static class UcxCommand
{
    private const int RoundsMin = 10;
    private const int ScatteredMax = 100_000;

    internal static Command Create()
    {
        var transports = new Option<string[]>("--transports")
        {
            Description = "Sets of UCX transports (UCX_TLS), one comparison each.",
            DefaultValueFactory = static _ => ["tcp", "posix,cma,self"],
            AllowMultipleArgumentsPerToken = true,
        };
        var sizes = new Option<long[]>("--sizes")
        {
            Description = "Bytes per operation, up to 1G.",
            DefaultValueFactory = static _ => [8, 4 << 10, 64 << 10, 1 << 20, 64 << 20],
            CustomParser = ByteSizes.Parse,
            AllowMultipleArgumentsPerToken = true,
        };
        var (scattered, rounds) = (ScatteredOption(), RoundsOption());
        var blockMs = new Option<int>("--block-ms") { Description = "How long one program runs before the other has its turn.", DefaultValueFactory = static _ => 40 };
        var device = new Option<string>("--net-devices") { Description = "Network devices (UCX_NET_DEVICES).", DefaultValueFactory = static _ => "lo" };
        var progress = new Option<ProgressMode>("--target-progress")
        {
            Description = "How the target agent, the same one for both programs, polls.",
            DefaultValueFactory = static _ => ProgressMode.Adaptive,
        };
        var processors = new Option<string>("--processors")
        {
            Description = "Processors of the clients and of the target: auto, off, or CLIENT,TARGET.",
            DefaultValueFactory = static _ => "auto",
        };
        var control = new Option<bool>("--control")
        {
            Description = "Compare the C program with a second copy of itself: what this machine makes of a true ratio of 1.",
        };
        var quick = CommonOptions.QuickWarmUp();
        var json = CommonOptions.Json();
        var command = new Command("ucx", "Compare UCX through the agent with a C program that makes the same calls: the ratio of their times, with its spread.")
        {
            transports, sizes, scattered, rounds, blockMs, device, progress, processors, control, quick, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            JitWarmUp.IsShort = parsed.GetValue(quick);
            return RunAsync(
                new ComparisonPlan
                {
                    Transports = parsed.GetValue(transports)!,
                    Sizes = parsed.GetValue(sizes)!,
                    Scattered = parsed.GetValue(scattered),
                    Rounds = parsed.GetValue(rounds),
                    Block = TimeSpan.FromMilliseconds(parsed.GetValue(blockMs)),
                    NetDevices = parsed.GetValue(device)!,
                    TargetProgress = parsed.GetValue(progress),
                    Processors = ProcessorPair.Parse(parsed.GetValue(processors)!),
                    IsControl = parsed.GetValue(control),
                },
                parsed.GetValue(json),
                cancellation);
        });
        return command;
    }

    private static Option<int> ScatteredOption()
    {
        var scattered = new Option<int>("--scattered")
        {
            Description = "Blocks of 4 KiB of one more case, all in one transfer, against a loop of as many calls; 0 leaves it out.",
            DefaultValueFactory = static _ => 1000,
        };
        scattered.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 0 or > ScatteredMax)
            {
                result.AddError($"--scattered is 0 to {ScatteredMax}.");
            }
        });
        return scattered;
    }

    private static Option<int> RoundsOption()
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = $"Alternations of the two programs per size and direction, at least {RoundsMin}.",
            DefaultValueFactory = static _ => 20,
        };
        rounds.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < RoundsMin)
            {
                result.AddError($"A ratio needs at least {RoundsMin} rounds.");
            }
        });
        return rounds;
    }

    private static async Task<int> RunAsync(ComparisonPlan plan, FileInfo? json, CancellationToken cancellation)
    {
        using var program = await ReferenceProgram.CompileAsync("ucx_reference", "-O3", cancellation);
        var machine = MachineDescription.OfThis();
        var text = new ComparisonText(Console.Out);
        text.WriteHead(plan, machine);
        var results = new List<TransportsResult>();
        foreach (var transports in plan.Transports)
        {
            await using var comparison = await UcxComparison.OpenAsync(plan, transports, program, cancellation);
            text.WriteSetup(comparison.Setup);
            var creation = await comparison.CompareCreationAsync(cancellation);
            text.WriteCreation(creation);
            var cases = new List<CaseResult>();
            await foreach (var result in comparison.RunAsync(cancellation))
            {
                text.WriteCase(result);
                cases.Add(result);
            }

            results.Add(new TransportsResult(comparison.Setup, creation, cases));
        }

        text.WriteFoot();
        JsonReport.Write(json, new { Machine = machine, Plan = plan, Results = results });
        return 0;
    }
}
