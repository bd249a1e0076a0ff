using Nixl.Bench;
using Nixl.Bench.Coordination;

namespace Nixl.Tests.Bench.Coordination;

/// <summary>Several ranks in one process.</summary>
internal static class RendezvousWorld
{
    /// <summary>No wait of a test is longer.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Joins all ranks at once.</summary>
    internal static async Task<IRendezvous[]> JoinAllAsync(Func<int, RendezvousSettings> settings)
    {
        var count = settings(0).Count;
        return await Task.WhenAll(Enumerable.Range(0, count).Select(rank => Rendezvous.JoinAsync(settings(rank), CancellationToken.None))).WaitAsync(Limit);
    }

    /// <summary>All ranks leave in good order.</summary>
    internal static async Task LeaveAllAsync(IEnumerable<IRendezvous> ranks)
    {
        await Task.WhenAll(ranks.Select(static rank => rank.LeaveAsync())).WaitAsync(Limit);
        await Task.WhenAll(ranks.Select(static rank => rank.DisposeAsync().AsTask())).WaitAsync(Limit);
    }

    /// <summary>Drops ranks as a crash does.</summary>
    internal static Task DropAsync(params IEnumerable<IRendezvous> ranks)
        => Task.WhenAll(ranks.Select(static rank => rank.DisposeAsync().AsTask())).WaitAsync(Limit);

    /// <summary>Waits until a rank knows that the run is broken, and gives what it says.</summary>
    internal static async Task<string> WhyBrokenAsync(IRendezvous rank)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, rank.Broken).ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Limit);
        try
        {
            rank.ThrowIfBroken();
            return "";
        }
        catch (BenchmarkException reason)
        {
            return reason.Message;
        }
    }
}
