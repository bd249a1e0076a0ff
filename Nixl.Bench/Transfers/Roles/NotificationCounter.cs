using System.Diagnostics;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>Takes the notifications that come to an agent, and makes it move where it has no thread that does.</summary>
internal sealed class NotificationCounter : IAsyncDisposable
{
    // How often nothing may come before the processor is offered to whoever has work.
    private const int FruitlessPolls = 1000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    private readonly NixlAgent _agent;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;
    private long _count;

    /// <param name="agent">Whose notifications.</param>
    /// <param name="polls">Whether to poll all the time; else the agent's own thread progresses.</param>
    /// <param name="processor">Where to poll; null for anywhere.</param>
    internal NotificationCounter(NixlAgent agent, bool polls, int? processor)
    {
        _agent = agent;
        _work = polls ? Task.Factory.StartNew(() => Poll(processor), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default) : ReceiveAsync();
    }

    internal long Count => Interlocked.Read(ref _count);

    /// <summary>Waits until as many have come, for as long as more come.</summary>
    /// <param name="count">How many.</param>
    /// <param name="silence">How long none may come.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many came.</returns>
    internal async Task<long> WaitForAsync(long count, TimeSpan silence, CancellationToken cancellation)
    {
        var (seen, since) = (Count, Stopwatch.GetTimestamp());
        while (seen < count && !_work.IsCompleted && Stopwatch.GetElapsedTime(since) < silence)
        {
            await Task.Delay(LookEvery, cancellation);
            if (Count != seen)
            {
                (seen, since) = (Count, Stopwatch.GetTimestamp());
            }
        }

        return Count;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private void Poll(int? processor)
    {
        if (processor is { } bound)
        {
            Placement.BindThread(bound);
        }

        for (var fruitless = 0; !_end.IsCancellationRequested;)
        {
            if (_agent.TryGetNotification(out var notification))
            {
                notification.Dispose();
                Interlocked.Increment(ref _count);
                fruitless = 0;
            }
            else if (++fruitless % FruitlessPolls == 0)
            {
                Thread.Yield();
            }
        }
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            using (await _agent.WaitForNotificationAsync(NotificationFilter.Any, Timeout.InfiniteTimeSpan, _end.Token))
            {
                Interlocked.Increment(ref _count);
            }

            // What else is there needs no wait.
            while (_agent.TryGetNotification(out var notification))
            {
                notification.Dispose();
                Interlocked.Increment(ref _count);
            }
        }
    }
}
