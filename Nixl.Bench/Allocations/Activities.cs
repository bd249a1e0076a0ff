using System.Diagnostics;

namespace Nixl.Bench.Allocations;

/// <summary>The hot paths as an application uses them, each repeated a number of times.</summary>
internal static class Activities
{
    private static readonly TimeSpan NotificationLimit = TimeSpan.FromSeconds(30);

    // A realistic tag: a request and a block.
    private static ReadOnlySpan<byte> Message => "request-00017/layer-00042/done"u8;

    internal static Task PostAndCheckAsync(AgentPair pair, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var status = pair.Transfer.Post();
            while (status == NixlStatus.InProgress)
            {
                status = pair.Transfer.Check();
            }

            ThrowUnlessDone(pair, status);
        }

        return Task.CompletedTask;
    }

    internal static async Task RepostAndAwaitAsync(AgentPair pair, int count)
    {
        for (var i = 0; i < count; i++)
        {
            ThrowUnlessDone(pair, await pair.Transfer.PostAsync());
        }
    }

    /// <summary>Transfers with a message each, taken by the receiver as they come.</summary>
    internal static Task NotifyAndTakeAsync(AgentPair pair, int count)
    {
        for (var i = 0; i < count; i++)
        {
            ThrowUnlessDone(pair, Post(pair));
            Take(pair);
        }

        return Task.CompletedTask;
    }

    /// <summary>The same with an awaiting receiver.</summary>
    internal static async Task NotifyAndAwaitAsync(AgentPair pair, int count)
    {
        for (var i = 0; i < count; i++)
        {
            ThrowUnlessDone(pair, Post(pair));
            using var notification = await pair.Receiver.WaitForNotificationAsync(NotificationFilter.Any);
        }
    }

    private static NixlStatus Post(AgentPair pair)
    {
        var status = pair.Transfer.Post(Message);
        while (status == NixlStatus.InProgress)
        {
            status = pair.Transfer.Check();
        }

        return status;
    }

    private static void Take(AgentPair pair)
    {
        var start = Stopwatch.GetTimestamp();
        Notification notification;
        while (!pair.Receiver.TryGetNotification(out notification))
        {
            if (Stopwatch.GetElapsedTime(start) > NotificationLimit)
            {
                throw new BenchmarkException("A notification did not arrive.");
            }
        }

        var isRight = notification.Payload.SequenceEqual(Message);
        notification.Dispose();
        if (!isRight)
        {
            throw new BenchmarkException("A notification arrived with another content.");
        }
    }

    private static void ThrowUnlessDone(AgentPair pair, NixlStatus status)
    {
        if (status != NixlStatus.Success)
        {
            pair.Transfer.ThrowIfFailed();
            throw new BenchmarkException($"A transfer ended with {status}.");
        }
    }
}
