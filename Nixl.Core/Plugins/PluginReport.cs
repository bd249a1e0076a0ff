using System.Globalization;
using System.Text;

namespace Nixl.Plugins;

/// <summary>The folders that were searched and what became of every plugin file in them. A snapshot: it does not change when plugins load later.</summary>
/// <param name="Folders">The folders in the order in which they were searched.</param>
/// <param name="Files">The files in the order in which they were seen.</param>
public sealed record PluginReport(IReadOnlyList<PluginFolderReport> Folders, IReadOnlyList<PluginFileReport> Files)
{
    /// <summary>Several lines for people: every folder, every file, and for every refusal the reason and what to do.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendLine("Plugin folders:");
        foreach (var folder in Folders)
        {
            Append(text, folder);
        }

        text.AppendLine(Files.Count == 0 ? "Plugin files: none" : "Plugin files:");
        foreach (var file in Files)
        {
            Append(text, file);
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The text with control characters replaced: names of files are chosen by whoever can write to a folder and must not forge lines.</summary>
    internal static string Printable(string text)
        => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;

    /// <summary>How a report and a log name the place that a folder came from.</summary>
    internal static string NameOf(PluginFolderSource source) => source switch
    {
        PluginFolderSource.Code => "given in code",
        PluginFolderSource.Environment => PluginCatalog.DirectoryVariable,
        _ => "beside the application",
    };

    private static void Append(StringBuilder text, PluginFolderReport folder)
    {
        var state = folder.Problem ?? (folder.Existed ? "searched" : "does not exist");
        text.AppendLine(CultureInfo.InvariantCulture, $"  {Printable(folder.Path)} ({NameOf(folder.Source)}): {Printable(state)}");
        AppendNotes(text, "warning", folder.Warnings);
    }

    private static void Append(StringBuilder text, PluginFileReport file)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {Printable(file.Path)}: {NameOf(file.State)}");
        if (file.BackendNames.Concat(file.StoreNames).ToList() is { Count: > 0 } names)
        {
            text.Append(CultureInfo.InvariantCulture, $", {string.Join(", ", names)}");
        }

        if (file.ContractVersion is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $", contract {file.ContractVersion}");
        }

        text.AppendLine();
        AppendNotes(text, "reason", file.Reason is null ? [] : [file.Reason]);
        AppendNotes(text, "fix", file.Fix is null ? [] : [file.Fix]);
        AppendNotes(text, "warning", file.Warnings);
    }

    private static void AppendNotes(StringBuilder text, string kind, IReadOnlyList<string> notes)
    {
        foreach (var note in notes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {kind}: {Printable(note)}");
        }
    }

    private static string NameOf(PluginFileState state) => state switch
    {
        PluginFileState.Available => "available",
        PluginFileState.Loaded => "loaded",
        _ => "refused",
    };
}
