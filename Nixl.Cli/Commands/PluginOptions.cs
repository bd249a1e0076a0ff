using System.CommandLine;

namespace Nixl.Cli.Commands;

/// <summary>Where plugins are searched before <c>NIXL_PLUGIN_DIR</c> and the command's own folder.</summary>
internal static class PluginOptions
{
    internal static Option<string[]> Folders { get; } = new("--plugin-dir")
    {
        Description = "A folder with plugins, searched before those of NIXL_PLUGIN_DIR and those that came with this command. May be given several times.",
        Recursive = true,
    };

    internal static string[] Read(ParseResult parsed) => Array.ConvertAll(parsed.GetValue(Folders) ?? [], Path.GetFullPath);
}
