using System.CommandLine;
using Nixl.Bench.Measurement;
using Nixl.Bench.SharedMemory;

namespace Nixl.Bench.Commands;

/// <summary>The hidden verb that runs the other side of <c>nixlbench shm</c>.</summary>
internal static class ShmTargetCommand
{
    internal const string Verb = "shm-target";

    internal static Command Create()
    {
        var backend = new Option<string>("--backend") { Required = true };
        var memory = new Option<ShmMemoryKind>("--memory") { Required = true };
        var bytes = new Option<long>("--bytes") { Required = true };
        var processor = new Option<int?>("--processor");
        var parameters = new Option<string[]>("--parameter") { AllowMultipleArgumentsPerToken = false };
        var command = new Command(Verb, "Serve as the target of a comparison.") { backend, memory, bytes, processor, parameters };
        command.Hidden = true;
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(processor) is { } bound)
            {
                Placement.BindThread(bound); // before the agent is created: its threads inherit it
            }

            var pairs = (parsed.GetValue(parameters) ?? []).Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[^1]);
            return ShmTarget.RunAsync(parsed.GetValue(backend)!, pairs, parsed.GetValue(memory), parsed.GetValue(bytes));
        });
        return command;
    }
}
