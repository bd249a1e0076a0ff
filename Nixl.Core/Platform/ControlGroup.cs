using System.Globalization;

namespace Nixl.Platform;

/// <summary>One control group that limits this process, of version 1 or 2, as the kernel shows it in files.</summary>
/// <param name="Folder">The folder with its files.</param>
/// <param name="IsVersion1">Whether the files have version 1's names.</param>
internal readonly record struct ControlGroup(string Folder, bool IsVersion1)
{
    /// <summary>The process's groups for one controller, each followed by its ancestors up to the root that is visible here.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are found.</param>
    /// <param name="controller">Version 1's name of the controller; version 2 has one tree for all.</param>
    internal static IEnumerable<ControlGroup> Of(string root, string controller)
    {
        // A line is "hierarchy:controllers:path". Version 2 has no controllers.
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3)
            {
                continue;
            }

            var isVersion1 = parts[1].Split(',').Contains(controller);
            if (!isVersion1 && parts[1].Length > 0)
            {
                continue;
            }

            // A path above the namespace's root is written with "..", and is not visible here; the mount's own root then stands for it.
            var path = parts[2].Contains("..", StringComparison.Ordinal) ? "" : parts[2].Trim('/');
            var mount = Path.Combine(root, isVersion1 ? $"sys/fs/cgroup/{controller}" : "sys/fs/cgroup");
            for (var more = true; more; path = Path.GetDirectoryName(path) ?? "")
            {
                more = path.Length > 0;
                yield return new ControlGroup(Path.Combine(mount, path), isVersion1);
            }
        }
    }

    /// <summary>The first word of the file's first line as a number; null for <c>max</c>, -1 and whatever cannot be read.</summary>
    internal static long? ReadNumber(string path) => ParseNumber(Lines(path).FirstOrDefault());

    /// <summary>The number that a text is; null when it is none or negative.</summary>
    internal static long? ParseNumber(ReadOnlySpan<char> text)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The lines of a file of the kernel's; none when it is not there or may not be read.</summary>
    internal static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
