using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using FluentAssertions;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>The process in which the peers of a suite live: this assembly, started as a program. It is told what to do by lines on its standard input, several at a time,
/// and ends with this object, or with this process however that ends.</summary>
internal sealed class PeerProgram : IDisposable
{
    /// <summary>What the program is started with, and the name of the harness after it.</summary>
    internal const string Verb = "conformance-peer";

    /// <summary>Begins the line that answers a call.</summary>
    internal const string AnswerMark = "=";

    /// <summary>Begins the line that says why a call was refused.</summary>
    internal const string RefusalMark = "!";

    /// <summary>Begins the name of the status in a refusal by an agent.</summary>
    internal const string StatusMark = "status:";

    /// <summary>What stands for the status where the call was canceled.</summary>
    internal const string CanceledMark = "canceled";

    /// <summary>Ends a call early: the call's own number before it.</summary>
    internal const string Cancel = "cancel";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<string>> _calls = new();
    private readonly Lock _writing = new();
    private readonly Process _process;
    private readonly Thread _reader;
    private bool _isStopped;
    private long _last;
    private volatile bool _hasEnded;

    internal PeerProgram(Type harness)
    {
        // The kernel ends the program when the thread ends that started it: this one lives as long as the program.
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reader = new Thread(() => Run(harness, started)) { IsBackground = true, Name = Verb };
        _reader.Start();
        _process = started.Task.WaitAsync(Limit).GetAwaiter().GetResult();
    }

    internal int Id => _process.Id;

    /// <summary>Whether the process is gone, or about to be.</summary>
    internal bool HasEnded => _hasEnded;

    internal string Ask(params string[] words) => AskAsync(default, words).GetAwaiter().GetResult();

    /// <summary>Tells it to do something and gives what it says.</summary>
    /// <param name="cancellation">Tells it to end that early; the call lasts until it has answered.</param>
    /// <param name="words">What; no word contains a space.</param>
    internal async Task<string> AskAsync(CancellationToken cancellation, params string[] words)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        Write($"{id} {string.Join(' ', words)}");
        if (_hasEnded)
        {
            FailAll();
        }

        await using var ending = cancellation.Register(() => Write($"{id} {Cancel}")).ConfigureAwait(false);
        try
        {
            return await answer.Task.WaitAsync(Limit, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Kill(); // nothing else of the test is to wait for it as long
            throw new TimeoutException($"the process of the peers did not answer '{words[0]}' within {Limit} and was killed");
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    /// <summary>Stops it: from here on it does nothing at all.</summary>
    internal void Stop()
    {
        Signal("STOP");
        _isStopped = true;
        SpinWait.SpinUntil(IsStopped, Limit).Should().BeTrue("a signal stops the process");
    }

    /// <summary>Continues it when it is stopped.</summary>
    internal void Continue()
    {
        if (_isStopped)
        {
            _isStopped = false;
            Signal("CONT");
        }
    }

    internal void Kill()
    {
        _isStopped = false;
        _process.Kill();
        _process.WaitForExit();
        _reader.Join(); // it has seen the end
    }

    /// <summary>Lets it end in good order, or ends it.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            _process.StandardInput.Close();
        }

        if (!_process.WaitForExit(Limit))
        {
            Kill();
        }

        _process.Dispose();
    }

    private static Process Start(Type harness)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", harness.Assembly.Location, Verb, harness.FullName!])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        };
        return Process.Start(start)!;
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        kill.ExitCode.Should().Be(0, "{0} reaches the process of the peers", signal);
    }

    private bool IsStopped() => File.ReadAllText($"/proc/{_process.Id}/stat").Contains(") T ", StringComparison.Ordinal);

    private static Exception Refusal(string text) => text.Split(' ', 2) switch
    {
        [CanceledMark, ..] => new OperationCanceledException("the peer's call was canceled"),
        [var status, var detail] when status.StartsWith(StatusMark, StringComparison.Ordinal)
            => new NixlException(Enum.Parse<NixlStatus>(status[StatusMark.Length..]), "a peer's call", detail),
        _ => new InvalidOperationException($"the process of the peers failed: {text}"),
    };

    private void Write(string line)
    {
        lock (_writing)
        {
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                _hasEnded = true; // whoever waits for an answer is told
            }
        }
    }

    private void Run(Type harness, TaskCompletionSource<Process> started)
    {
        Process process;
        try
        {
            process = Start(harness);
        }
        catch (Exception failure)
        {
            started.SetException(failure);
            return;
        }

        started.SetResult(process);
        while (process.StandardOutput.ReadLine() is { } line)
        {
            // The mark, the number of the call, what it says.
            if (line.Split(' ', 3) is [AnswerMark or RefusalMark, var number, var text] && _calls.TryGetValue(long.Parse(number, CultureInfo.InvariantCulture), out var answer))
            {
                if (line.StartsWith(AnswerMark, StringComparison.Ordinal))
                {
                    answer.TrySetResult(text);
                }
                else
                {
                    answer.TrySetException(Refusal(text));
                }
            }
        }

        _hasEnded = true;
        FailAll();
    }

    private void FailAll()
    {
        foreach (var (_, call) in _calls)
        {
            call.TrySetException(new InvalidOperationException("the process of the peers has ended"));
        }
    }
}
