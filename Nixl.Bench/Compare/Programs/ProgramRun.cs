using System.Diagnostics;

namespace Nixl.Bench.Compare.Programs;

/// <summary>A program that measures itself, run to its end.</summary>
internal static class ProgramRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Runs programs at the same time and gives what each wrote; all of them are ended when one fails or takes too long.</summary>
    /// <exception cref="BenchmarkException">One did not end well.</exception>
    internal static async Task<string[]> RunAsync(CancellationToken cancellation, params ProcessStartInfo[] programs)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        var processes = new List<Process>();
        try
        {
            foreach (var program in programs)
            {
                (program.RedirectStandardOutput, program.RedirectStandardError) = (true, true);
                processes.Add(Process.Start(program)!);
            }

            return await Task.WhenAll(processes.Select(process => ReadAsync(process, limit)));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new BenchmarkException($"{Path.GetFileName(programs[0].FileName)} did not end within {Limit.TotalSeconds:0} s.");
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }

                process.Dispose();
            }
        }
    }

    private static async Task<string> ReadAsync(Process process, CancellationTokenSource limit)
    {
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new BenchmarkException($"{Path.GetFileName(process.StartInfo.FileName)} ended with {process.ExitCode}: {(await errors).Trim()} {(await output).Trim()}");
        }
        catch (BenchmarkException)
        {
            await limit.CancelAsync();
            throw;
        }
    }
}
