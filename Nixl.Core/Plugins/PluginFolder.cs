namespace Nixl.Plugins;

/// <summary>A folder that is to be searched.</summary>
/// <param name="Path">The folder as it was named; not checked.</param>
/// <param name="Source">Who named it.</param>
internal readonly record struct PluginFolder(string Path, PluginFolderSource Source)
{
    /// <summary>The folders in the order of their precedence.</summary>
    /// <param name="directories">Those given in code.</param>
    /// <param name="variable">The value of <see cref="PluginCatalog.DirectoryVariable"/>, or null.</param>
    /// <param name="application">The application's folder.</param>
    public static IEnumerable<PluginFolder> InOrder(IReadOnlyList<string>? directories, string? variable, string application)
    {
        foreach (var directory in directories ?? [])
        {
            yield return new PluginFolder(directory, PluginFolderSource.Code);
        }

        // PathSeparator is ':' on Unix, as upstream's users write it, and ';' where ':' is part of a path.
        var separated = (variable ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var directory in separated)
        {
            yield return new PluginFolder(directory, PluginFolderSource.Environment);
        }

        yield return new PluginFolder(System.IO.Path.Combine(application, "plugins"), PluginFolderSource.Application);
    }
}
