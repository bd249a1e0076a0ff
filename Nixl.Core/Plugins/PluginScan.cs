using Microsoft.Extensions.Logging;

namespace Nixl.Plugins;

/// <summary>One search through the plugin folders. Reads directories and files, loads nothing.</summary>
/// <remarks>Looks into a folder and its direct subfolders only, so that links which form a circle are harmless.</remarks>
internal sealed class PluginScan(ILogger logger)
{
    // Far above any real installation, low enough that a folder filled by somebody else delays a start by seconds at most.
    private const int EntriesMax = 4096;

    private readonly List<PluginFolderReport> _folders = [];
    private readonly List<PluginFile> _files = [];
    private readonly HashSet<string> _searched = new(StringComparer.Ordinal);

    /// <summary>The folders so far.</summary>
    public IReadOnlyList<PluginFolderReport> Folders => _folders;

    /// <summary>The plugin files so far, in a fixed order: by folder, then by path.</summary>
    public IReadOnlyList<PluginFile> Files => _files;

    /// <summary>Searches one folder. A folder that was searched before is skipped.</summary>
    public void Search(PluginFolder folder)
    {
        if (!TryNormalize(folder.Path, out var path, out var problem))
        {
            Report(folder.Path, folder.Source, false, problem, []);
        }
        else if (_searched.Add(path))
        {
            SearchNormalized(path, folder.Source);
        }
    }

    private void SearchNormalized(string path, PluginFolderSource source)
    {
        if (!Directory.Exists(path))
        {
            Report(path, source, false, source == PluginFolderSource.Application ? null : "does not exist or is no folder", []);
            return;
        }

        var warnings = new List<string>();
        try
        {
            SearchFolder(path, isRoot: true, warnings);
            foreach (var plugin in List(Directory.EnumerateDirectories(path), path, warnings))
            {
                SearchSubfolder(plugin, warnings);
            }

            Report(path, source, true, null, warnings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report(path, source, true, $"cannot be read: {e.Message}", warnings);
        }
    }

    private void SearchSubfolder(string path, List<string> warnings)
    {
        try
        {
            SearchFolder(path, isRoot: false, warnings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warnings.Add($"{path} cannot be read: {e.Message}");
        }
    }

    private void SearchFolder(string path, bool isRoot, List<string> warnings)
    {
        if (SharedWriteAccess.Describe(path) is { } danger)
        {
            warnings.Add(danger);
        }

        var before = _files.Count;
        var assemblies = 0;
        var copies = new List<string>();
        foreach (var file in List(Directory.EnumerateFiles(path, "*.dll"), path, warnings))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (HostAssemblies.IsShared(name))
            {
                copies.Add(name);
                continue;
            }

            assemblies += name.EndsWith(".resources", StringComparison.Ordinal) ? 0 : 1;
            Inspect(file);
        }

        if (!isRoot && assemblies > 0 && _files.Count == before)
        {
            warnings.Add($"{path} has {assemblies} assemblies but no plugin: none states a contract with [assembly: NixlBackendContract(…)].");
        }

        WarnOfCopies(_files.Skip(before), copies);
    }

    private void Inspect(string path)
    {
        var peek = PluginFileReader.Read(path);
        if (peek.IsHelper)
        {
            return;
        }

        var file = new PluginFile(path, peek, logger);
        file.LogRefusal();
        _files.Add(file);
        if (SharedWriteAccess.Describe(path) is { } danger)
        {
            file.Warn(danger);
        }
    }

    /// <summary>A plugin folder with its own copy of the contract works, because the host's copy is used in its place; the owner should know.</summary>
    private static void WarnOfCopies(IEnumerable<PluginFile> files, List<string> copies)
    {
        if (!copies.Contains(ContractRule.AssemblyName))
        {
            return;
        }

        foreach (var file in files.Where(f => f.Exports.Count > 0))
        {
            file.Warn($"Its folder has copies of assemblies that the application provides, which are ignored: {string.Join(", ", copies)}. Remove them.");
        }
    }

    private static List<string> List(IEnumerable<string> entries, string path, List<string> warnings)
    {
        var list = entries.Take(EntriesMax + 1).ToList();
        if (list.Count > EntriesMax)
        {
            list.RemoveAt(EntriesMax);
            warnings.Add($"{path} has more than {EntriesMax} entries; the others were not looked at.");
        }

        list.Sort(StringComparer.Ordinal);
        return list;
    }

    /// <summary>A relative path would depend on the current directory, and whoever chooses that could have the process load their code.</summary>
    private static bool TryNormalize(string path, out string normalized, out string? problem)
    {
        normalized = path;
        problem = null;
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            problem = "is no path";
        }
        else if (!Path.IsPathFullyQualified(path))
        {
            problem = "is relative; give an absolute path";
        }
        else
        {
            normalized = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        }

        return problem is null;
    }

    private void Report(string path, PluginFolderSource source, bool existed, string? problem, List<string> warnings)
    {
        _folders.Add(new PluginFolderReport(path, source, existed, problem, warnings));
        if (problem is not null)
        {
            PluginLog.FolderProblem(logger, PluginReport.Printable(path), PluginReport.NameOf(source), PluginReport.Printable(problem));
        }

        foreach (var warning in warnings)
        {
            PluginLog.FolderWarning(logger, PluginReport.Printable(path), PluginReport.Printable(warning));
        }
    }
}
