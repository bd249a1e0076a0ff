using System.CommandLine;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Commands;

/// <summary>The hidden verb that runs the other side: an agent with registered memory, which serves until its standard input ends.</summary>
internal static class TargetCommand
{
    internal const string Verb = "target";

    internal static Command Create()
    {
        var bytes = new Option<long>("--bytes") { Required = true };
        var progress = new Option<ProgressMode>("--progress") { Required = true };
        var processor = new Option<int?>("--processor");
        var parameters = new Option<string[]>("--parameter") { AllowMultipleArgumentsPerToken = false };
        var command = new Command(Verb, "Serve as the target of a comparison.") { bytes, progress, processor, parameters };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(processor) is { } bound)
            {
                Placement.BindThread(bound); // before the agent is created: its thread inherits it
            }

            return RunAsync(parsed.GetValue(bytes), parsed.GetValue(progress), UcxParameters.Parse(parsed.GetValue(parameters) ?? []), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(long bytes, ProgressMode progress, UcxParameters parameters, CancellationToken cancellation)
    {
        await using var agent = new NixlAgent("nixlbench-target", new NixlAgentOptions
        {
            Progress = progress,
            Backends = { parameters.Selection },
        });
        using var memory = agent.AllocateMemory(bytes);
        using var registration = agent.Register(memory);
        Console.WriteLine($"{ChildProcess.AnswerMark}{Convert.ToHexString(agent.GetLocalMetadata())}");

        // Whoever started this process closes its end or dies: both end it.
        await Console.In.ReadLineAsync(cancellation);
        return 0;
    }
}
