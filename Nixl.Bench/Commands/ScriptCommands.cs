using System.CommandLine;
using Nixl.Bench.Options;
using Nixl.Bench.Planning;
using Nixl.Bench.Scripts;

namespace Nixl.Bench.Commands;

/// <summary>The scripts of NIXL's documents as commands, with their command lines as they stand there.</summary>
internal static class ScriptCommands
{
    internal static IEnumerable<Command> Create() => SeedScripts.All.Select(Create);

    private static Command Create(SeedScript script)
    {
        var command = new Command(script.Name, $"{script.Description} All options of run are accepted, too.");
        var reader = new OptionReader(command, [.. ScriptOptions.All.Where(option => script.Options.Contains(option.Name)), .. OptionTable.All]);
        command.SetAction((parsed, cancellation) =>
        {
            var values = reader.Read(parsed);
            var notes = ScriptTranslation.Apply(script, values);
            return RunProgram.ExecuteAsync(
                script.Name == "memory_copy" ? CopyPlanner.Build(values, script.Name) : PlanBuilder.Build(values, script.Name, BackendCatalog.Installed(), notes), cancellation);
        });
        return command;
    }
}
