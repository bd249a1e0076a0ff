using System.Diagnostics;
using Nixl.Tests.Tidy;

namespace Nixl.Tests.Samples;

/// <summary>A built sample, run to its end as a user runs it.</summary>
internal static class SampleProgram
{
    // More than the samples' own deadlines, after which they end by themselves.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>How a sample is started: by its assembly, with both outputs redirected.</summary>
    /// <remarks>Without the bucket of whoever runs the tests: a sample that finds one uses it.</remarks>
    internal static ProcessStartInfo Command(string sample, string arguments)
    {
        var command = new ProcessStartInfo("dotnet", $"\"{AssemblyOf(sample)}\" {arguments}") { RedirectStandardOutput = true, RedirectStandardError = true };
        command.Environment.Remove("AWS_DEFAULT_BUCKET");
        return command;
    }

    /// <summary>The sample's own assembly, which the <c>dotnet</c> command runs.</summary>
    internal static string AssemblyOf(string sample)
    {
        // The tests' output folder ends in <configuration>/<framework>/; the sample was built the same way.
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Repository.Root, "samples", sample, "bin", output.Parent!.Name, output.Name, $"{sample}.dll");
    }

    internal static Task<(int ExitCode, string Output, string Errors)> RunAsync(string sample, string arguments = "") => RunAsync(Command(sample, arguments));

    internal static async Task<(int ExitCode, string Output, string Errors)> RunAsync(ProcessStartInfo command)
    {
        using var process = Process.Start(command)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            return (process.ExitCode, await output.WaitAsync(Limit), await errors.WaitAsync(Limit));
        }
        finally
        {
            process.Kill(entireProcessTree: true); // does nothing after the end
        }
    }
}
