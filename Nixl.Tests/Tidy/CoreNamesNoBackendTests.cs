using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

/// <summary>The agent finds its backends at run time, so its code names none of them.</summary>
/// <remarks>Documentation comments may: an example such as "UCX" helps a reader and creates no dependency. They are not tokens, so they are not seen here. A
/// name is looked for in two ways because some are also ordinary words: <c>posix_fallocate</c> and <c>PosixSignal</c> belong to libc and .NET.</remarks>
public sealed class CoreNamesNoBackendTests
{
    private static readonly string[] Distinctive = ["ucx", "libfabric", "gusli", "mooncake", "hf3fs", "uccl", "gpunetio", "amazon", "awssdk"];

    private static readonly string[] WholeNames = ["GDS", "GDS_MT", "POSIX", "S3", "OBJ", "SHM", "AZURE_BLOB", "LOOPBACK"];

    [Test]
    public void Core_NamesNoBackend()
    {
        var tokens = SourceTree.Product.Where(tree => SourceTree.IsUnder(tree, "Nixl.Core")).SelectMany(tree => tree.GetRoot().DescendantTokens()).ToArray();

        tokens.Should().NotBeEmpty();
        tokens.Where(token => NamesBackend(token) && !NamesMemoryType(token)).Select(token => $"{SourceTree.Place(token)}: {token.Text}").Should().BeEmpty();
    }

    [Test]
    public void Core_ReferencesNoProject()
        => Repository.ReadText("Nixl.Core/Nixl.Core.csproj").Should().NotContain("ProjectReference");

    [TestCase("var name = \"UCX\";", true)]
    [TestCase("new UcxEngine();", true)]
    [TestCase("var name = \"posix\";", true)]
    [TestCase("Nixl.Backends.Gds.Use();", true)]
    [TestCase("posix_fallocate(descriptor, 0, length);", false)]
    [TestCase("/// <summary>Such as UCX.</summary>\nvoid F() { }", false)]
    public void Rule_TellsANameFromAWord(string code, bool expected)
        => CSharpSyntaxTree.ParseText(code).GetRoot().DescendantTokens().Any(NamesBackend).Should().Be(expected);

    private static bool NamesBackend(SyntaxToken token)
    {
        if (!token.IsKind(SyntaxKind.IdentifierToken) && token.Value is not string)
        {
            return false;
        }

        return Distinctive.Any(name => token.ValueText.Contains(name, StringComparison.OrdinalIgnoreCase))
            || (token.Value is string text && !token.IsKind(SyntaxKind.IdentifierToken) && WholeNames.Contains(text, StringComparer.OrdinalIgnoreCase))
            || IsMemberOfBackendsNamespace(token);
    }

    /// <summary>"OBJ" is also NIXL's name of a memory type, and one file has those names.</summary>
    private static bool NamesMemoryType(SyntaxToken token)
        => token.ValueText == "OBJ" && token.SyntaxTree!.FilePath == "Nixl.Core/MemoryTypeNames.cs";

    private static bool IsMemberOfBackendsNamespace(SyntaxToken token)
        => WholeNames.Contains(token.ValueText, StringComparer.OrdinalIgnoreCase)
            && token.Parent?.Parent is QualifiedNameSyntax or MemberAccessExpressionSyntax
            && token.GetPreviousToken().GetPreviousToken().ValueText == "Backends";
}
