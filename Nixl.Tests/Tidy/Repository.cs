namespace Nixl.Tests.Tidy;

/// <summary>The working tree that these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] GeneratedFolders = ["bin", "obj", "artifacts", "TestResults"];

    /// <summary>The folder with <c>nixl.sln</c>, searched upward from the test assembly.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>Paths relative to <see cref="Root"/>, with forward slashes, of the files with this extension; build output and dot folders left out.</summary>
    internal static IEnumerable<string> Files(string extension)
        => Walk(Root).Where(path => path.EndsWith(extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    internal static string ReadText(string path) => File.ReadAllText(Path.Combine(Root, path));

    internal static string[] ReadLines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    internal static bool Exists(string path)
    {
        var full = Path.Combine(Root, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static IEnumerable<string> Walk(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'));
        return files.Concat(Directory.EnumerateDirectories(folder).Where(IsSource).SelectMany(Walk));
    }

    private static bool IsSource(string folder)
    {
        var name = Path.GetFileName(folder);
        return !name.StartsWith('.') && !GeneratedFolders.Contains(name);
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "nixl.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"nixl.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
