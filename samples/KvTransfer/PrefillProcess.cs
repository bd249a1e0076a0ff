using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Nixl.Samples.KvTransfer;

/// <summary>The prefill process as decode sees it: started from the same program, watched, and ended in any case.</summary>
internal sealed class PrefillProcess : IAsyncDisposable
{
    // Ending takes milliseconds; a process that hangs is not waited for longer.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(4);

    private readonly Process _process;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task<string> _errors;
    private readonly Task _exited;

    private PrefillProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _exited = WatchAsync();
    }

    /// <summary>Canceled when the process has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Starts it.</summary>
    /// <param name="arguments">The command line with which this program becomes the prefill process.</param>
    public static PrefillProcess Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(PrefillProcess).Assembly.Location); // started as "dotnet KvTransfer.dll"
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new PrefillProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the process to say where it serves its metadata.</summary>
    public async Task<IPEndPoint> WaitForListenerAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeout);
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync(limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NixlException(NixlStatus.TimedOut, "StartPrefill", $"the prefill process did not come up within {timeout}");
        }

        if (line?.StartsWith(DecodeLink.ListeningPrefix, StringComparison.Ordinal) == true
            && IPEndPoint.TryParse(line[DecodeLink.ListeningPrefix.Length..], out var listener))
        {
            return listener;
        }

        // The stream ended: so does the process, and it says why.
        await _exited.WaitAsync(EndLimit, CancellationToken.None).ConfigureAwait(false);
        throw await DescribeEndAsync().ConfigureAwait(false);
    }

    /// <summary>The error that an unexpected end is for decode.</summary>
    public async Task<NixlException> DescribeEndAsync()
    {
        var said = (await _errors.ConfigureAwait(false)).Trim();
        var detail = string.Create(CultureInfo.InvariantCulture, $"the prefill process ended with exit code {_process.ExitCode}");
        return new NixlException(NixlStatus.RemoteDisconnect, "KvTransfer", said.Length == 0 ? detail : $"{detail}: {said}") { Peer = SampleAgent.Prefill };
    }

    /// <summary>Tells the process that it is needed no more, and waits for its end; one that does not end in time is killed.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(DecodeLink.Stop).ConfigureAwait(false);
            _process.StandardInput.Close();
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // It has ended, or was told before.
        }

        try
        {
            await _exited.WaitAsync(EndLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            await _exited.ConfigureAwait(false);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _process.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
    }
}
