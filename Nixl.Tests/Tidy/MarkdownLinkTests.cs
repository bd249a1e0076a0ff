using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

public sealed partial class MarkdownLinkTests
{
    [Test]
    public void RelativeLink_LeadsToAFileOfTheRepository()
    {
        var broken = from path in Repository.Files(".md")
                     from target in RelativeTargets(Repository.ReadText(path))
                     where !Repository.Exists(Path.Combine(Path.GetDirectoryName(path)!, target))
                     select $"{path}: {target}";

        broken.Should().BeEmpty();
    }

    [Test]
    public void RelativeTargets_LeavesOutWebAddressesAnchorsAndCode()
    {
        const string text = """
            See [a](docs/a.md#part), [b](https://example.org/b), [c](#here), ![d](d.png "title") and `[e](e.md)`.
            ```
            [f](f.md)
            ```
            """;

        RelativeTargets(text).Should().Equal("docs/a.md", "d.png");
    }

    private static IEnumerable<string> RelativeTargets(string markdown)
        => Link().Matches(Code().Replace(markdown, "")).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Select(target => target.Split('#')[0])
            .Where(target => target.Length > 0);

    [GeneratedRegex("""\]\((?<target>[^)\s]+)(\s+"[^"]*")?\)""")]
    private static partial Regex Link();

    [GeneratedRegex("(?ms)^ *```.*?^ *```|`[^`\n]*`")]
    private static partial Regex Code();
}
