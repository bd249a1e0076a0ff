using Nixl.Bench.Compare.Suites;

namespace Nixl.Bench.Compare;

/// <summary>All suites, in the order in which they run.</summary>
internal static class SuiteCatalog
{
    internal static IReadOnlyList<ISuite> All { get; } = [.. MoveSuites.All, new ReferenceSuite(), .. ProgramSuites.All, .. FileSuite.All, new ObjectSuite()];

    /// <summary>The suites of these names; all without any.</summary>
    /// <exception cref="BenchmarkException">There is no such suite.</exception>
    internal static IReadOnlyList<ISuite> Choose(IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(static name => All.All(suite => suite.Name != name)) is { } unknown)
        {
            throw new BenchmarkException($"There is no suite '{unknown}': choose from {string.Join(' ', All.Select(static suite => suite.Name))}.");
        }

        return names.Count == 0 ? All : [.. All.Where(suite => names.Contains(suite.Name))];
    }
}
