using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Nixl.Tests.Cli;

/// <summary>One run of <c>nixl</c> as a program.</summary>
internal sealed record CliProgram(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>The executable that was built with these tests.</summary>
    private static string Executable { get; } = typeof(CliProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static attribute => attribute.Key == "nixl").Value!;

    /// <summary>The output as the one JSON value that it is.</summary>
    internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

    internal static Task<CliProgram> RunAsync(IEnumerable<string> arguments, params (string Name, string Value)[] environment)
        => RunAsync(arguments, [], environment);

    /// <summary>Runs it to its end; ends it when it does not within a minute.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="launcher">A program, and its arguments, that becomes it; none to start it directly.</param>
    /// <param name="environment">What the environment has besides; of the stores' variables only these.</param>
    internal static async Task<CliProgram> RunAsync(IEnumerable<string> arguments, string[] launcher, params (string Name, string Value)[] environment)
    {
        string[] command = [.. launcher, Executable, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("NIXL_", StringComparison.Ordinal) && !name.EndsWith("_LIBRARY", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new CliProgram(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
