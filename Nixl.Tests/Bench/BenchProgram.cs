using System.Diagnostics;
using System.Reflection;

namespace Nixl.Tests.Bench;

/// <summary>One run of <c>nixlbench</c> as a program.</summary>
internal sealed record BenchProgram(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The executable that was built with these tests.</summary>
    internal static string Executable { get; } = typeof(BenchProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static attribute => attribute.Key == "nixlbench").Value!;

    /// <summary>Runs it to its end; ends it when it does not within two minutes.</summary>
    public static Task<BenchProgram> RunAsync(IEnumerable<string> arguments, params (string Name, string Value)[] environment)
        => RunAsync(arguments, null, environment);

    /// <summary>As above, started by another program that becomes it.</summary>
    public static async Task<BenchProgram> RunAsync(IEnumerable<string> arguments, string? launcher, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(launcher ?? Executable, launcher is null ? arguments : [Executable, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new BenchProgram(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
