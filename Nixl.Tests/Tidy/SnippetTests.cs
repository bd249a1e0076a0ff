using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

public sealed class SnippetTests
{
    [Test]
    public void EverySnippet_OfReadmeAndDocs_Compiles()
    {
        var documents = Repository.Files(".md").Where(path => path == "README.md" || path.StartsWith("docs/", StringComparison.Ordinal)).ToArray();

        documents.Should().Contain("README.md");
        documents.SelectMany(path => CSharpSnippet.FromMarkdown(path, Repository.ReadText(path))).SelectMany(snippet => snippet.Errors()).Should().BeEmpty();
    }

    [TestCase("var range = new MemoryDescriptor(0, 16);\nConsole.WriteLine(range.Length);")]
    [TestCase("using System.Text;\n\nawait Task.Yield();\nvar text = new StringBuilder();")]
    [TestCase("public sealed class Mine\n{\n    public NixlStatus Status { get; init; }\n}")]
    [TestCase("Console.WriteLine(new Mine());\n\ninternal sealed record Mine;")]
    public void Errors_OfStatementsOrTypes_AreNone(string code) => Snippets($"```csharp\n{code}\n```\n").Single().Errors().Should().BeEmpty();

    [Test]
    public void Errors_OfABrokenSnippet_NameTheLineOfTheDocument()
        => Snippets("Text.\n\n```csharp\nvar a = 1;\nNoSuchType b = new();\n```\n").Single().Errors().Should().ContainSingle().Which.Should().StartWith("page.md:5: ").And.Contain("NoSuchType");

    [Test]
    public void ContinuedSnippet_SeesWhatStandsBeforeIt()
    {
        var snippets = Snippets("```csharp\nvar a = 1;\n```\nThen:\n```csharp continued\nConsole.WriteLine(a + missing);\n```\n").ToArray();

        snippets[0].Errors().Should().BeEmpty();
        snippets[1].Errors().Should().ContainSingle().Which.Should().StartWith("page.md:6: ").And.Contain("missing");
    }

    [Test]
    public void FromMarkdown_LeavesOtherLanguagesAlone() => Snippets("```bash\nls\n```\n").Should().BeEmpty();

    private static IEnumerable<CSharpSnippet> Snippets(string markdown) => CSharpSnippet.FromMarkdown("page.md", markdown);
}
