using System.CommandLine;
using Nixl.Bench.Comparison;
using Nixl.Bench.Reporting;
using Nixl.Bench.SharedMemory;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench shm</c>: shared memory through the agent against memcpy and the kernel's own calls in C, beside UCX through the agent.</summary>
internal static class ShmCommand
{
    private const int RoundsMin = 3;

    // libucp's transports between processes of one host.
    private static readonly BackendSelection Ucx = new("UCX", new Dictionary<string, string> { ["UCX_TLS"] = "posix,cma,self" });

    internal static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = $"Alternations per case, at least {RoundsMin}.", DefaultValueFactory = static _ => 15 };
        rounds.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < RoundsMin)
            {
                result.AddError($"A ratio needs at least {RoundsMin} rounds.");
            }
        });
        var blockMs = new Option<int>("--block-ms") { Description = "How long one side runs before the other has its turn.", DefaultValueFactory = static _ => 40 };
        var processors = new Option<string>("--processors")
        {
            Description = "Processors of the clients and of the targets: auto, off, or CLIENT,TARGET.",
            DefaultValueFactory = static _ => "auto",
        };
        var only = new Option<string>("--only") { Description = "Measure the cases whose name contains this.", DefaultValueFactory = static _ => "" };
        var besideUcx = new Option<bool>("--ucx") { Description = "Measure UCX over shared memory beside it.", DefaultValueFactory = static _ => true };
        var json = CommonOptions.Json();
        var command = new Command("shm", "Compare shared memory through the agent with memcpy and process_vm_writev in C, and with UCX.")
        {
            rounds, blockMs, processors, only, besideUcx, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new ShmPlan(
                parsed.GetValue(rounds),
                TimeSpan.FromMilliseconds(parsed.GetValue(blockMs)),
                64 << 20,
                ProcessorPair.Parse(parsed.GetValue(processors)!)),
            parsed.GetValue(only)!,
            parsed.GetValue(besideUcx) ? Ucx : null,
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ShmPlan plan, string only, BackendSelection? ucx, FileInfo? json, CancellationToken cancellation)
    {
        using var program = await ReferenceProgram.CompileAsync("shm_reference", "-O2", cancellation, []);
        var machine = MachineDescription.OfThis();
        var text = new ShmText(Console.Out);
        text.WriteHead(plan, machine);
        var results = new List<ShmResult>();
        foreach (var cases in ShmCase.All.Where(one => one.Name.Contains(only, StringComparison.Ordinal)).GroupBy(static one => one.Kind))
        {
            await using var comparison = await ShmComparison.OpenAsync(plan, cases.Key, program, ucx, cancellation);
            text.WriteSetup(cases.Key, comparison.Transports);
            await foreach (var result in comparison.RunAsync(cases, cancellation))
            {
                text.WriteCase(result);
                results.Add(result);
            }
        }

        JsonReport.Write(json, new { Machine = machine, Plan = plan, Results = results });
        return 0;
    }
}
