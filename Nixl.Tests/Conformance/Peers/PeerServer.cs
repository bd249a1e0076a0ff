using System.Collections.Concurrent;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>The other end of <see cref="PeerProgram"/>: takes calls from its standard input and answers each when it is done.</summary>
internal sealed class PeerServer(PeerCalls calls)
{
    // As many calls as a suite has threads wait at the same time.
    private const int ThreadsMin = 64;

    private const int SignalAtParentsEnd = 1; // PR_SET_PDEATHSIG
    private const nuint Kill = 9; // SIGKILL

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = new();
    private readonly Lock _writing = new();
    private readonly TextWriter _output = Console.Out;

    /// <summary>Serves until the standard input ends.</summary>
    /// <param name="harness">The name of the type that says which backend the agents have, and how.</param>
    internal static int Run(string harness)
    {
        // Not only by the end of the input: a program that is stopped would not see that.
        _ = Libc.prctl(SignalAtParentsEnd, Kill, 0, 0, 0);
        ThreadPool.SetMinThreads(ThreadsMin, ThreadsMin);
        using var calls = new PeerCalls((IBackendHarness)Activator.CreateInstance(typeof(PeerServer).Assembly.GetType(harness, throwOnError: true)!)!);
        new PeerServer(calls).Serve();
        return 0;
    }

    private void Serve()
    {
        while (Console.In.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            if (words[1] == PeerProgram.Cancel)
            {
                if (_running.TryGetValue(words[0], out var running))
                {
                    running.Cancel();
                }

                continue;
            }

            var cancellation = new CancellationTokenSource();
            _running[words[0]] = cancellation;
            _ = Task.Run(() => AnswerAsync(words[0], words[1..], cancellation));
        }
    }

    private async Task AnswerAsync(string id, string[] words, CancellationTokenSource cancellation)
    {
        string answer;
        try
        {
            answer = $"{PeerProgram.AnswerMark} {id} {await calls.AnswerAsync(words, cancellation.Token)}";
        }
        catch (Exception failure)
        {
            var reason = failure switch
            {
                NixlException refusal => $"{PeerProgram.StatusMark}{refusal.Status}",
                OperationCanceledException => PeerProgram.CanceledMark,
                _ => failure.GetType().Name,
            };
            answer = $"{PeerProgram.RefusalMark} {id} {reason} {failure.Message.ReplaceLineEndings(" ")}";
        }

        _running.TryRemove(id, out _);
        lock (_writing)
        {
            _output.WriteLine(answer);
            _output.Flush();
        }
    }
}
