using Microsoft.Extensions.Logging;

namespace Nixl.Plugins;

/// <summary>What plugin discovery logs. Event ids 1200 to 1299.</summary>
internal static partial class PluginLog
{
    [LoggerMessage(1200, LogLevel.Warning, "Plugin folder {Folder} ({Source}) was not searched: {Problem}")]
    public static partial void FolderProblem(ILogger logger, string folder, string source, string problem);

    [LoggerMessage(1201, LogLevel.Warning, "Plugin folder {Folder}: {Warning}")]
    public static partial void FolderWarning(ILogger logger, string folder, string warning);

    [LoggerMessage(1202, LogLevel.Warning, "Plugin {File} is refused: {Reason} {Fix}")]
    public static partial void FileRefused(ILogger logger, string file, string reason, string fix);

    [LoggerMessage(1203, LogLevel.Warning, "Plugin {File}: {Warning}")]
    public static partial void FileWarning(ILogger logger, string file, string warning);

    [LoggerMessage(1204, LogLevel.Debug, "Found {Count} backend plugins: {Names}")]
    public static partial void Discovered(ILogger logger, int count, string names);

    [LoggerMessage(1205, LogLevel.Information, "Loaded plugin {File}, version {Version}")]
    public static partial void Loaded(ILogger logger, string file, Version version);
}
