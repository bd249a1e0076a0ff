namespace Nixl.Plugins;

/// <summary>What discovery found out about one folder.</summary>
/// <param name="Path">The folder as it was named, made absolute where it was searched.</param>
/// <param name="Source">Who named it.</param>
/// <param name="Existed">Whether it existed and could be read.</param>
/// <param name="Problem">Why it was not searched, or null when it was. The application's own folder is optional: its absence is no problem.</param>
/// <param name="Warnings">What is dangerous or odd about a folder that was searched: others can write to it, a subfolder holds no plugin.</param>
public sealed record PluginFolderReport(string Path, PluginFolderSource Source, bool Existed, string? Problem, IReadOnlyList<string> Warnings);
