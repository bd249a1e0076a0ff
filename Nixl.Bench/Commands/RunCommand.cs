using System.CommandLine;
using Nixl.Bench.Options;
using Nixl.Bench.Planning;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench run</c>, and <c>nixlbench</c> without a command: upstream's benchmark with upstream's options.</summary>
internal static class RunCommand
{
    internal static Command Create()
    {
        var command = new Command("run", "Measure transfers, with the options of NIXL's nixlbench; nixlbench without a command does the same. With --local_pair one command is enough.");
        AddTo(command);
        return command;
    }

    /// <summary>Gives a command the options and lets it run.</summary>
    internal static void AddTo(Command command)
    {
        var reader = new OptionReader(command, OptionTable.All);
        command.SetAction((parsed, cancellation) => RunProgram.ExecuteAsync(PlanBuilder.Build(reader.Read(parsed), "run"), cancellation));
    }
}
