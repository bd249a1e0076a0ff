using System.CommandLine;

namespace Nixl.Bench.Coordination;

/// <summary>The frame of a command that runs as several ranks: starts them on this machine, or is one of them.</summary>
internal static class RankProgram
{
    // When a peer dies, its transfers fail before the meeting point has seen it: the rank that is gone is to be named, not the one that noticed.
    private static readonly TimeSpan BreakGrace = TimeSpan.FromSeconds(1);

    /// <summary>Runs <paramref name="work"/> as one rank, or starts all of them and waits for their end.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="BenchmarkException">Names the rank that failed, is gone or did not come.</exception>
    internal static async Task<int> RunAsync(RankOptions options, ParseResult parsed, Func<IRendezvous, CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            return await StartOrJoinAsync(options, parsed, work, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new BenchmarkException("The run was told to stop.");
        }
    }

    private static async Task<int> StartOrJoinAsync(
        RankOptions options, ParseResult parsed, Func<IRendezvous, CancellationToken, Task> work, CancellationToken cancellation)
    {
        if (options.Read(parsed) is not { } settings)
        {
            await using var ranks = LocalRanks.Start(options.Ranks(parsed), options.Limit(parsed), _ => RankOptions.Others(parsed));
            await ranks.WaitAsync(cancellation);
            return 0;
        }

        if (settings.IsLaunched)
        {
            ParentWatch.Start();
        }

        await using var rendezvous = await Rendezvous.JoinAsync(settings, cancellation);
        try
        {
            await WorkAsync(rendezvous, work, cancellation);
            return 0;
        }
        catch (BenchmarkException failure) when (settings.IsLaunched)
        {
            return failure.ExitCode; // the process that started this one has the reason and says it, once
        }
    }

    private static async Task WorkAsync(IRendezvous rendezvous, Func<IRendezvous, CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await work(rendezvous, cancellation);
        }
        catch (Exception failure)
        {
            await Task.WhenAny(Task.Delay(BreakGrace, rendezvous.Broken), Task.Delay(BreakGrace, cancellation));
            if (!rendezvous.Broken.IsCancellationRequested)
            {
                await rendezvous.AbortAsync(failure is OperationCanceledException ? "it was told to stop." : failure.Message);
            }

            rendezvous.ThrowIfBroken();
            throw failure is BenchmarkException or OperationCanceledException ? failure : new BenchmarkException($"Rank {rendezvous.Rank} failed: {failure.Message}");
        }

        await rendezvous.LeaveAsync();
    }
}
