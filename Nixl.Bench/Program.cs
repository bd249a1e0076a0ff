using System.CommandLine;
using Nixl.Bench;
using Nixl.Bench.Commands;

var root = new RootCommand("Measures Nixl for .NET: ratios against C programs that make the same native calls, and allocations of the hot paths.")
{
    RunCommand.Create(),
    AllReduceCommand.Create(),
    HierarchicalCommand.Create(),
    KvCommand.Create(),
    HelpCommand.Create(),
    UcxCommand.Create(),
    AllocCommand.Create(),
    RegistryCommand.Create(),
    ControlCommand.Create(),
    ShmCommand.Create(),
    PosixCommand.Create(),
    ObjCommand.Create(),
    MetadataCommand.Create(),
    CompareCommand.Create(),
    MicroCommand.Create(),
    TargetCommand.Create(),
    ShmTargetCommand.Create(),
    ObjProxyCommand.Create(),
    RankCommand.Create(),
    ComparePeerCommand.Create(),
};
foreach (var script in ScriptCommands.Create())
{
    root.Add(script);
}

RunCommand.AddTo(root);

try
{
    return await root.Parse(HelpCommand.Normalize(args)).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (BenchmarkException refused)
{
    await Console.Error.WriteLineAsync($"nixlbench: {refused.Message}");
    return refused.ExitCode;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("nixlbench: stopped");
    return BenchmarkException.Failed;
}
catch (Nixl.NixlException failed)
{
    await Console.Error.WriteLineAsync($"nixlbench: {failed.Message}");
    return BenchmarkException.Failed;
}
