using System.Diagnostics;

namespace Nixl.Tests.Interop;

/// <summary>A C file of static assertions: the compiler proves what our declarations claim about a header.</summary>
internal sealed class StaticAssertProgram(params string[] headers)
{
    private readonly List<string> _assertions = [];

    /// <summary>What stands before the headers, such as a feature macro.</summary>
    public string Preamble { get; init; } = "";

    /// <summary>What stands between the headers and the claims.</summary>
    public string AfterHeaders { get; init; } = "";

    /// <summary>Claims that a constant expression of C has a value.</summary>
    public void Claim(string expression, long value)
        => _assertions.Add($"_Static_assert((long long)({expression}) == {value}LL, \"{expression} == {value}\");");

    /// <summary>Compiles; empty when every claim holds, else the compiler's messages.</summary>
    public string Compile()
    {
        var source = string.Join('\n', [Preamble, "#include <stddef.h>", .. headers.Select(header => $"#include <{header}>"), AfterHeaders, .. _assertions, ""]);
        using var compiler = Process.Start(new ProcessStartInfo("gcc", "-fsyntax-only -x c -")
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        compiler.StandardInput.Write(source);
        compiler.StandardInput.Close();
        var messages = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? "" : messages;
    }
}
