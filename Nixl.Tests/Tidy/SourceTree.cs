using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Nixl.Tests.Tidy;

/// <summary>The repository's C# files as syntax trees, so that a rule about code is not misled by comments and strings.</summary>
internal static class SourceTree
{
    private static readonly Lazy<SyntaxTree[]> Trees = new(() => [.. Repository.Files(".cs").Select(Parse)]);

    /// <summary>Every C# file; <see cref="SyntaxTree.FilePath"/> is relative to the repository.</summary>
    internal static IReadOnlyList<SyntaxTree> All => Trees.Value;

    /// <summary>What is shipped: all but tests, samples and benchmarks.</summary>
    internal static IEnumerable<SyntaxTree> Product
        => All.Where(tree => !IsUnder(tree, "Nixl.Tests") && !IsUnder(tree, "Nixl.Bench") && !IsUnder(tree, "samples"));

    internal static bool IsUnder(SyntaxTree tree, string folder) => tree.FilePath.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>The place of a node as <c>file:line</c>.</summary>
    internal static string Place(SyntaxNodeOrToken node)
        => $"{node.SyntaxTree!.FilePath}:{node.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1}";

    private static SyntaxTree Parse(string path) => CSharpSyntaxTree.ParseText(Repository.ReadText(path), path: path);
}
