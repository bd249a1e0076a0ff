using System.Globalization;
using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

/// <summary>Operators filter and alert by event id, so one id means one message in all assemblies together.</summary>
public sealed class LogEventIdTests
{
    [Test]
    public void EventId_IsALiteralOnEveryLogMethod()
        => Messages(SourceTree.Product).Where(message => EventId(message) is null).Select(message => SourceTree.Place(message)).Should().BeEmpty();

    [Test]
    public void EventId_IsUniqueInTheRepository() => Duplicates(SourceTree.Product).Should().BeEmpty();

    [Test]
    public void Duplicate_IsFound_InEitherSpelling()
    {
        var tree = CSharpSyntaxTree.ParseText(
            """
            partial class Log
            {
                [LoggerMessage(7, LogLevel.Debug, "one")] partial void One();
                [LoggerMessage(EventId = 7, Level = LogLevel.Debug, Message = "two")] partial void Two();
                [LoggerMessage(8, LogLevel.Debug, "three")] partial void Three();
            }
            """,
            path: "Log.cs");

        Duplicates([tree]).Should().Equal("7: Log.cs:3, Log.cs:4");
    }

    private static IEnumerable<AttributeSyntax> Messages(IEnumerable<SyntaxTree> trees)
        => trees.SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<AttributeSyntax>())
            .Where(attribute => attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute");

    private static IEnumerable<string> Duplicates(IEnumerable<SyntaxTree> trees)
        => from message in Messages(trees)
           let id = EventId(message)
           where id is not null
           group SourceTree.Place(message) by id into places
           where places.Count() > 1
           select string.Create(CultureInfo.InvariantCulture, $"{places.Key}: {string.Join(", ", places)}");

    private static int? EventId(AttributeSyntax message)
    {
        var arguments = message.ArgumentList?.Arguments ?? default;
        var argument = arguments.FirstOrDefault(candidate => (candidate.NameEquals?.Name ?? candidate.NameColon?.Name)?.Identifier.ValueText is "EventId" or "eventId")
            ?? arguments.FirstOrDefault(candidate => candidate.NameEquals is null && candidate.NameColon is null);
        return (argument?.Expression as LiteralExpressionSyntax)?.Token.Value as int?;
    }
}
