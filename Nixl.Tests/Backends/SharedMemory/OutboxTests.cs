using FluentAssertions;
using Nixl.Backends.SharedMemory.Notifications;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Messages that wait at the sender for a receiver that takes none.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class OutboxTests
{
    private const int WaitingBytesMax = 10_000;

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(100)]
    public void Messages_HoweverShort_AreHeldBackAtSomePoint(int length)
    {
        using var ring = RingWriter.Create((uint)Environment.SystemPageSize, out _)!;
        var outbox = new Outbox(ring);
        var waiting = 0;
        SendResult result;
        while ((result = outbox.Send(new byte[length], null, WaitingBytesMax)) != SendResult.Full && waiting < 10_000)
        {
            waiting += result == SendResult.Queued ? 1 : 0;
        }

        waiting.Should().BeInRange(1, WaitingBytesMax / 100);
        outbox.Close().Should().Be(waiting);
    }

    [Test]
    public void Message_LongerThanTheLimit_MayWaitAlone()
    {
        using var ring = RingWriter.Create((uint)Environment.SystemPageSize, out _)!;
        var outbox = new Outbox(ring);

        outbox.Send(new byte[1 << 20], null, 1 << 20).Should().Be(SendResult.Queued);
        outbox.Send([], null, 1 << 20).Should().Be(SendResult.Full);

        outbox.Close();
    }
}
