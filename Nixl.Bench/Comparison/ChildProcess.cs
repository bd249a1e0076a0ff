using System.Diagnostics;

namespace Nixl.Bench.Comparison;

/// <summary>A process that answers commands by lines on its standard output. Its standard error is this process's.</summary>
/// <remarks>Both children end when their standard input does, so none outlives this process, however that ends.</remarks>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>What every answer begins with; other lines are a library's.</summary>
    internal const string AnswerMark = "= ";

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _name;

    private ChildProcess(Process process, string name)
    {
        _process = process;
        _name = name;
    }

    /// <summary>Lines before the last answer that are no answers.</summary>
    internal List<string> Remarks { get; } = [];

    internal static ChildProcess Start(string file, IEnumerable<string> arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start)!, Path.GetFileName(file));
    }

    /// <summary>Sends a command and gives the answer, without its mark.</summary>
    internal async Task<string> AskAsync(string command, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return await AnswerAsync(cancellation);
    }

    /// <summary>The next answer, without its mark.</summary>
    /// <exception cref="BenchmarkException">None came in time, or the process ended.</exception>
    internal async Task<string> AnswerAsync(CancellationToken cancellation)
    {
        Remarks.Clear();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerLimit);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith(AnswerMark, StringComparison.Ordinal))
                {
                    return line[AnswerMark.Length..];
                }

                Remarks.Add(line);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new BenchmarkException($"{_name} did not answer within {AnswerLimit.TotalSeconds} s.");
        }

        throw new BenchmarkException($"{_name} ended without an answer; see its message above.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
