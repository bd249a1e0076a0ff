using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Nixl.Tests.Tidy;

/// <summary>One <c>csharp</c> block of a Markdown file: statements, type declarations, or statements followed by the types they use.</summary>
/// <remarks>Each compiles on its own, as a program when it has statements and as a library when it has none, with the SDK's implicit usings and <c>Nixl</c>.
/// A block fenced as <c>csharp continued</c> is compiled together with the blocks before it in its file, for texts that go step by step.</remarks>
internal sealed partial record CSharpSnippet(string Path, int Line, string Code)
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Nixl;
        """;

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Preview);

    private static readonly SyntaxTree Usings = CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing);

    // What this process may load: the framework, our assemblies and their packages.
    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(System.IO.Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))]);

    public override string ToString() => $"{Path}:{Line}";

    internal static IEnumerable<CSharpSnippet> FromMarkdown(string path, string markdown)
    {
        var before = "";
        foreach (Match match in Fence().Matches(markdown))
        {
            var line = markdown.AsSpan(0, match.Groups["code"].Index).Count('\n') + 1;
            var code = $"#line {line}\n{match.Groups["code"].Value}";
            before = match.Groups["continued"].Success ? before + code : code;
            yield return new CSharpSnippet(path, line, before);
        }
    }

    /// <summary>The compiler's errors, each with its place in the Markdown file.</summary>
    internal IEnumerable<string> Errors()
    {
        var tree = CSharpSyntaxTree.ParseText(Code, Parsing, Path);
        var kind = tree.GetRoot().ChildNodes().OfType<GlobalStatementSyntax>().Any() ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;
        var options = new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create("Snippet", [Usings, tree], References.Value, options);
        return compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => $"{Path}:{diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}: {diagnostic.GetMessage(null)}");
    }

    [GeneratedRegex("(?ms)^```csharp(?<continued> continued)?[ \r]*\n(?<code>.*?)^```")]
    private static partial Regex Fence();
}
