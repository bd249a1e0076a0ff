using System.Diagnostics;
using System.Net;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Coordination;

/// <summary>All ranks of a run as processes of this program on this machine, which meet here. They end with this process, however that ends.</summary>
/// <remarks>What rank 0 prints goes to this process's output; the errors of all go to its errors.</remarks>
internal sealed class LocalRanks : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan EndGrace = TimeSpan.FromMilliseconds(500);

    private readonly RendezvousHub _hub;
    private readonly List<Process> _processes = [];

    private LocalRanks(RendezvousHub hub) => _hub = hub;

    /// <summary>The processes, by rank.</summary>
    internal IReadOnlyList<int> ProcessIds => [.. _processes.Select(static process => process.Id)];

    /// <summary>Starts a process for every rank with the arguments that <paramref name="arguments"/> gives for it.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="limit">How long they wait for each other.</param>
    /// <param name="arguments">The command and its options, without those of <see cref="RankOptions.OfLaunched"/>.</param>
    internal static LocalRanks Start(int ranks, TimeSpan limit, Func<int, IEnumerable<string>> arguments)
    {
        _ = new RendezvousSettings { Count = ranks, Limit = limit, Address = "local" }.Check();
        var local = new LocalRanks(RendezvousHub.Start(new IPEndPoint(IPAddress.Loopback, 0), ranks, RendezvousSettings.DefaultGroup, limit));
        var (file, first) = TargetProcess.OwnCommand();
        for (var rank = 0; rank < ranks; rank++)
        {
            string[] all = [.. first, .. arguments(rank), .. RankOptions.OfLaunched(rank, ranks, $"{local._hub.EndPoint}", limit)];
            var process = Process.Start(new ProcessStartInfo(file, all) { RedirectStandardInput = true, UseShellExecute = false })!;
            local._processes.Add(process);
            local.WatchEnd(process, rank);
        }

        return local;
    }

    /// <summary>Waits until all ranks have ended.</summary>
    /// <exception cref="BenchmarkException">One failed, is gone, or did not come: names it.</exception>
    internal async Task WaitAsync(CancellationToken cancellation)
    {
        await _hub.Settled.WaitAsync(cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(EndLimit);
        try
        {
            await Task.WhenAll(_processes.Select(process => process.WaitForExitAsync(limit.Token)));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Disposing ends them.
        }

        if (_hub.Failure is { } failure)
        {
            throw new BenchmarkException($"{char.ToUpperInvariant(failure[0])}{failure[1..]}");
        }

        var stuck = _processes.FindIndex(static process => !process.HasExited || process.ExitCode != 0);
        if (stuck >= 0)
        {
            throw new BenchmarkException(_processes[stuck].HasExited
                ? $"Rank {stuck} ended with {_processes[stuck].ExitCode} after the run." : $"Rank {stuck} did not end within {EndLimit.TotalSeconds:0} s after the run.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.StandardInput.Close();
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        _hub.Break("The ranks were ended.");
        await _hub.DisposeAsync();
    }

    /// <summary>A process that ends before it has met the others is noticed here only.</summary>
    private void WatchEnd(Process process, int rank)
    {
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) =>
        {
            try
            {
                if (process.ExitCode is var code and not 0)
                {
                    _ = NoteAsync(code);
                }
            }
            catch (InvalidOperationException)
            {
                // Disposed meanwhile: the run is over.
            }
        };

        async Task NoteAsync(int code)
        {
            await Task.Delay(EndGrace); // what it said itself comes first
            _hub.Break($"rank {rank} is gone: its process ended with {code}.");
        }
    }
}
