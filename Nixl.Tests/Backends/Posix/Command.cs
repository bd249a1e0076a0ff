using System.Diagnostics;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Programs of the system that tests need.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Runs a program to its end; its exit code and both outputs. 127 where it does not exist.</summary>
    internal static (int ExitCode, string Output) Run(string program, params ReadOnlySpan<string> arguments) => RunWithInput(program, "", arguments);

    /// <summary>The same with something written to its standard input.</summary>
    internal static (int ExitCode, string Output) RunWithInput(string program, string input, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            // Disposing a process leaves the streams that were read from it to the collector.
            using var process = Process.Start(start)!;
            using var outputs = process.StandardOutput;
            using var errors = process.StandardError;
            process.StandardInput.Write(input);
            process.StandardInput.Dispose();
            var output = outputs.ReadToEndAsync();
            var error = errors.ReadToEndAsync();
            if (!process.WaitForExit(Limit))
            {
                process.Kill(entireProcessTree: true);
                return (124, $"{program} did not end within {Limit}");
            }

            return (process.ExitCode, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (127, missing.Message);
        }
    }
}
