using System.CommandLine;
using Nixl.Cli.Output;
using Nixl.Discovery;

namespace Nixl.Cli.Commands;

/// <summary><c>nixl check-plugins</c>: which backends and stores are found, which of them run here, why not, and what to do.</summary>
internal static class CheckPluginsCommand
{
    internal static Command Create()
    {
        var only = new Option<string[]>("--only") { Description = "Check only the backends with these names; one that no plugin provides is a failure.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("check-plugins", "Find the plugins, create every backend, and say for each whether it runs here, why not, and what to do.") { only, PluginOptions.Folders };
        command.SetAction(parsed =>
        {
            using var agent = new NixlAgent("check-plugins", new NixlAgentOptions
            {
                CreateDefaultBackends = false,
                PluginDirectories = PluginOptions.Read(parsed),
                Discovery = new DiscoveryOptions { UseEnvironment = false },
            });
            var view = PluginView.Create(agent, parsed.GetValue(only) ?? []);
            new Report(parsed).Write(view.ToJson(), view.Lines);
            return view.IsFine ? ExitCode.Done : ExitCode.NotUsable;
        });
        return command;
    }
}
