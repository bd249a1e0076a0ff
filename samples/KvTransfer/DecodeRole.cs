namespace Nixl.Samples.KvTransfer;

/// <summary>The decode process: starts prefill, does the work, shows the result, and leaves nothing behind however it ends.</summary>
internal static class DecodeRole
{
    /// <summary>Runs the process.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="prefillArguments">The command line of the prefill process.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SampleOptions options, IReadOnlyList<string> prefillArguments)
    {
        using var signals = new ShutdownSignals();
        var terminal = new Terminal();
        DecodeRun? run = null;
        string? error = null;
        try
        {
            await using var agent = SampleAgent.Create(SampleAgent.Decode, options);
            var progress = new RunProgress(options);
            run = new DecodeRun(options, agent, progress);
            var work = ExecuteAsync(run, prefillArguments, signals.Token);
            await terminal.ShowAsync(progress, work).ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
        catch (Exception ended) when (signals.ExitCode is not null && ended is OperationCanceledException or NixlException)
        {
            error = "ended by a signal";
        }
        catch (NixlException failure)
        {
            error = failure.Message;
        }

        var report = RunReport.Of(options, run, error);
        var isSaved = Finish(terminal, options, report);
        return signals.ExitCode ?? (report.Verified && isSaved ? 0 : 1);
    }

    /// <summary>Tells the user how it went; false when the report could not be saved.</summary>
    private static bool Finish(Terminal terminal, SampleOptions options, RunReport report)
    {
        if (report.Steps.Count > 0)
        {
            terminal.Show(report);
        }

        if (report.Error is not null)
        {
            Console.Error.WriteLine(report.Error);
        }

        try
        {
            report.SaveTo(options.Json);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The report cannot be saved: {failure.Message}");
            return false;
        }
    }

    private static async Task ExecuteAsync(DecodeRun run, IReadOnlyList<string> prefillArguments, CancellationToken cancellation)
    {
        await using var prefill = PrefillProcess.Start(prefillArguments);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, prefill.Ended);
        try
        {
            await run.ExecuteAsync(prefill, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (prefill.Ended.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw await prefill.DescribeEndAsync().ConfigureAwait(false);
        }
    }
}
