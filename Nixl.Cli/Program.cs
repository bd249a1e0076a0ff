using System.CommandLine;
using Nixl;
using Nixl.Cli;
using Nixl.Cli.Commands;
using Nixl.Cli.Output;

var root = new RootCommand("Looks at Nixl for .NET from outside: plugins, metadata stores, and the agents in them.")
{
    CheckPluginsCommand.Create(),
    PeerCommand.Create(),
    MetadataCommand.Create(),
    Report.Json,
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    await parsed.InvokeAsync();
    return ExitCode.WrongUsage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (NixlException failed)
{
    new Report(parsed).Fail(failed);
    return ExitCode.Failed;
}
catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"nixl: {failed.Message}");
    return ExitCode.Failed;
}
