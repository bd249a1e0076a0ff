using System.Diagnostics;

namespace Nixl.Bench.Micro;

/// <summary>Messages to a peer.</summary>
internal static class NotificationCosts
{
    private const string Group = "notifications";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    internal static IEnumerable<MicroResult> Measure(MicroMeter meter)
    {
        using var pair = new MicroPair(new BackendSelection("SHM"), 4096);
        var payload = "request-00017/layer-00042/done"u8.ToArray();
        yield return meter.Measure(Group, "send + take, SHM, 30 bytes", payload.Length, () =>
        {
            pair.Sender.SendNotification(pair.Receiver.Name, payload);
            Take(pair.Receiver, payload);
        });
        yield return meter.Measure(Group, "look for one, none there", 0, () => pair.Receiver.TryGetNotification(out _));
    }

    private static void Take(NixlAgent receiver, byte[] payload)
    {
        var start = Stopwatch.GetTimestamp();
        Notification notification;
        while (!receiver.TryGetNotification(out notification))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new BenchmarkException("A notification did not arrive.");
            }
        }

        var isRight = notification.Payload.SequenceEqual(payload);
        notification.Dispose();
        if (!isRight)
        {
            throw new BenchmarkException("A notification arrived with another content.");
        }
    }
}
