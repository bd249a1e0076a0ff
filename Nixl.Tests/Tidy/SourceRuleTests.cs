using System.Text.RegularExpressions;
using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

public sealed partial class SourceRuleTests
{
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 70;

    [Test]
    public void Repository_HasSourcesToCheck() => SourceTree.Product.Should().NotBeEmpty("the rules below would hold for nothing");

    [Test]
    public void File_HasOneResponsibility_AndAtMost400Lines()
        => SourceTree.All.Where(tree => tree.GetText().Lines.Count > FileLinesMax + 1).Select(tree => tree.FilePath).Should().BeEmpty();

    [Test]
    public void Method_HasAtMost70Lines()
    {
        var methods = SourceTree.All.SelectMany(tree => tree.GetRoot().DescendantNodes())
            .Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax);

        methods.Where(node => LineCount(node) > MethodLinesMax).Select(node => SourceTree.Place(node)).Should().BeEmpty();
    }

    [Test]
    public void NativeImport_IsDeclaredInAnInteropFolder()
    {
        var imports = SourceTree.Product.Where(tree => !tree.FilePath.Contains("/Interop/", StringComparison.Ordinal))
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<AttributeSyntax>())
            .Where(attribute => AttributeName(attribute) is "LibraryImport" or "DllImport");

        imports.Select(attribute => SourceTree.Place(attribute)).Should().BeEmpty();
    }

    [Test]
    public void Region_IsNotUsed() => LinesMatching(Region(), ".cs").Should().BeEmpty("a file that needs folding needs splitting");

    [Test]
    public void OpenWork_NamesItsIssue()
        => LinesMatching(OpenWorkWithoutIssue(), ".cs", ".cake", ".sh", ".csproj", ".props", ".targets")
            .Should().BeEmpty("open work is written as a marker with an issue number: (#123)");

    private static int LineCount(SyntaxNode node)
    {
        var span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string AttributeName(AttributeSyntax attribute) => attribute.Name.ToString().Split('.')[^1].Replace("Attribute", "", StringComparison.Ordinal);

    private static IEnumerable<string> LinesMatching(Regex pattern, params string[] extensions)
        => from extension in extensions
           from path in Repository.Files(extension)
           from line in Repository.ReadLines(path).Index()
           where pattern.IsMatch(line.Item)
           select $"{path}:{line.Index + 1}: {line.Item.Trim()}";

    [GeneratedRegex(@"^\s*#region\b")]
    private static partial Regex Region();

    // The bracketed letters keep the pattern from finding itself.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K)\b(?!\s*\(#\d+\))")]
    private static partial Regex OpenWorkWithoutIssue();
}
