using System.Diagnostics;
using FluentAssertions;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Runs one test once more in a process that a shell has prepared: with few descriptors, or without a network.</summary>
internal static class ChildTest
{
    private const string Mark = "NIXL_TEST_IS_CHILD";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>Whether this is that process.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(Mark) is not null;

    /// <summary>Runs it; it must pass.</summary>
    /// <param name="fixture">The test's class.</param>
    /// <param name="test">The test's name.</param>
    /// <param name="preparation">What the shell does first.</param>
    /// <param name="launcher">What the shell is started by.</param>
    public static async Task RunAsync(Type fixture, string test, string preparation, params string[] launcher)
    {
        string[] command =
        [
            .. launcher, "sh", "-c", $"{preparation} && exec \"$0\" vstest \"$1\" --Tests:{fixture.FullName}.{test} --nologo",
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", fixture.Assembly.Location,
        ];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Mark] = "1", ["DOTNET_EnableDiagnostics"] = "0" },
        })!;
        using var deadline = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            var text = await output + await errors;
            process.ExitCode.Should().Be(0, "{0}", text);
            text.Should().MatchRegex(@"Passed:\s+1");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
