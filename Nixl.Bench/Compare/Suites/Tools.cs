namespace Nixl.Bench.Compare.Suites;

/// <summary>Programs on the path.</summary>
internal static class Tools
{
    /// <summary>Where a program is; null when it is nowhere.</summary>
    internal static string? Find(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>What to say when one is missing; null when it is there.</summary>
    internal static Absence? Missing(string name, string remedy) => Find(name) is null ? new Absence($"{name} is not on the path", remedy) : null;
}
