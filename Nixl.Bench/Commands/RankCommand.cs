using System.CommandLine;
using System.Text.Json;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.Commands;

/// <summary>The hidden verb of the processes that a local pair consists of.</summary>
internal static class RankCommand
{
    internal const string Verb = "run-rank";

    internal static Command Create()
    {
        var plan = new Option<string>("--plan") { Required = true };
        var ranks = new RankOptions(2);
        var command = new Command(Verb, "Be one rank of a run.") { plan };
        command.Hidden = true;
        ranks.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = JsonSerializer.Deserialize<RankParcel>(Convert.FromBase64String(parsed.GetValue(plan)!))!.ToRequest();
            return await RankProgram.RunAsync(
                ranks,
                parsed,
                async (others, stop) =>
                {
                    if (await RunProgram.RunAsync(request, others, stop) != 0)
                    {
                        throw new BenchmarkException("What arrived is not what was sent: see the results.");
                    }
                },
                cancellation);
        });
        return command;
    }
}
