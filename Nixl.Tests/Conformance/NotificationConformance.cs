using System.Text;
using FluentAssertions;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Notifications, alone and after data.</summary>
public abstract class NotificationConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private static readonly int[] Lengths = [0, 1, 41, 300_000];

    [SetUp]
    public void RequireNotifications() => Requires(BackendTraits.Notifying | BackendTraits.Remote);

    [Test]
    public void Message_OfEachLength_ArrivesUnchanged([ValueSource(nameof(Lengths))] int length)
    {
        World.IntroduceBoth();
        var message = Message(length);

        Initiator.SendNotification(Target.Name, message);

        using var received = Receive(Target);
        received.Sender.Should().Be(Initiator.Name);
        received.Backend.Should().Be(Harness.Backend);
        received.Payload.SequenceEqual(message).Should().BeTrue();
    }

    [Test]
    public void MessageOfATransfer_OfEachLength_ArrivesUnchanged([ValueSource(nameof(Lengths))] int length)
    {
        var message = Message(length);
        using var transfer = CreateTransfer(100, new TransferOptions { Notification = message }, out _, out _);

        RequireSuccess(transfer);

        using var received = Receive(Target);
        received.Payload.SequenceEqual(message).Should().BeTrue();
    }

    [Test]
    public void Messages_ArriveInTheOrderOfSending()
    {
        const int Count = 500;
        World.IntroduceBoth();

        for (var i = 0; i < Count; i++)
        {
            Initiator.SendNotification(Target.Name, Encoding.UTF8.GetBytes($"message {i}"));
        }

        for (var i = 0; i < Count; i++)
        {
            using var received = Receive(Target);
            received.Text.Should().Be($"message {i}");
        }
    }

    [Test]
    public void MessageOfATransfer_NeverArrivesBeforeItsData()
    {
        using var transfer = CreateTransfer(1 << 20, new TransferOptions { Notification = "data"u8.ToArray() }, out var source, out var destination);

        for (var round = 1; round <= 200; round++)
        {
            source.Bytes.Fill((byte)round);
            var status = transfer.Post();
            Receive(Target, transfer, destination, (byte)round).Dispose();
            Poll(transfer, status).Should().Be(NixlStatus.Success);
        }
    }

    [Test]
    public void Post_WithANewMessage_DeliversThatOne_AndKeepsIt()
    {
        using var transfer = CreateTransfer(10, new TransferOptions { Notification = "first"u8.ToArray() }, out _, out _);
        string[] expected = ["first", "second, which is longer", "", "", "x"];

        RequireSuccess(transfer);
        Poll(transfer, transfer.Post("second, which is longer"u8)).Should().Be(NixlStatus.Success);
        Poll(transfer, transfer.Post([])).Should().Be(NixlStatus.Success);
        RequireSuccess(transfer);
        Poll(transfer, transfer.Post("x"u8)).Should().Be(NixlStatus.Success);

        foreach (var text in expected)
        {
            using var received = Receive(Target);
            received.Text.Should().Be(text);
        }
    }

    [Test]
    public void TransferWithoutMessage_DeliversNone()
    {
        using var transfer = CreateTransfer(10, TransferOptions.Default, out _, out _);

        RequireSuccess(transfer);
        Initiator.SendNotification(Target.Name, "marker"u8);

        using var received = Receive(Target);
        received.Text.Should().Be("marker");
    }

    [Test]
    public async Task Wait_TakesExactlyWhatItAskedFor()
    {
        World.IntroduceBoth();
        var exact = Target.WaitForNotificationAsync(WantedMessage.Exactly("req-1"));
        var prefix = Target.WaitForNotificationAsync(WantedMessage.StartingWith("done-", Initiator.Name));
        foreach (var text in (string[])["req-10", "req-", "done-17", "req-1"])
        {
            Initiator.SendNotification(Target.Name, Encoding.UTF8.GetBytes(text));
        }

        (await exact).Text.Should().Be("req-1");
        (await prefix).Text.Should().Be("done-17");
        using var first = Receive(Target);
        using var second = Receive(Target);
        (first.Text, second.Text).Should().Be(("req-10", "req-"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task WaitsThatGiveUp_LoseNothing_AndTakeNothingOfOthers(CancellationToken cancellation)
    {
        const int Count = 200;
        World.IntroduceBoth();
        var random = new Random(1);
        var sending = Task.Run(() => SendMany((peer, message) => Initiator.SendNotification(peer, message), Target.Name, Count), cancellation);
        var taken = 0;
        while (taken < Count)
        {
            // Two waits at a time: one gives up soon, by the clock or by a token, and the other is for a text that never comes.
            using var never = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var other = Target.WaitForNotificationAsync(WantedMessage.Exactly("never"), Timeout.InfiniteTimeSpan, never.Token);
            try
            {
                using var soon = new CancellationTokenSource(random.Next(3));
                var limit = random.Next(2) == 0 ? TimeSpan.FromMilliseconds(random.Next(3)) : Timeout.InfiniteTimeSpan;
                using var notification = await Target.WaitForNotificationAsync(WantedMessage.Exactly($"{taken}"), limit, soon.Token);
                notification.Text.Should().Be($"{taken++}");
            }
            catch (Exception gaveUp) when (gaveUp is OperationCanceledException or NixlException { Status: NixlStatus.TimedOut })
            {
                cancellation.ThrowIfCancellationRequested();
            }

            await never.CancelAsync();
            await FluentActions.Awaiting(async () => (await other).Dispose()).Should().ThrowAsync<OperationCanceledException>();
        }

        await sending;
        Target.TryGetNotification(out _).Should().BeFalse("each message was taken once");
    }

    [Test]
    public async Task AWait_AwaitedTwice_SaysSo()
    {
        World.IntroduceBoth();
        Target.SendNotification(Initiator.Name, "once"u8);
        var wait = Initiator.WaitForNotificationAsync(NotificationFilter.Exactly("twice"), TimeSpan.FromMilliseconds(1));
        await FluentActions.Awaiting(async () => await wait).Should().ThrowAsync<NixlException>();
#pragma warning disable CA2012 // that is what is tested
        await FluentActions.Awaiting(async () => await wait).Should().ThrowAsync<InvalidOperationException>();
#pragma warning restore CA2012
    }

    [Test]
    public void Message_TooLongForTheBackend_IsRefused()
    {
        World.IntroduceBoth();

        var refusal = Refusal(() => Initiator.SendNotification(Target.Name, new byte[(64 << 20) + 1]));

        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.Peer.Should().Be(Target.Name);
    }

    [Test]
    public void MessageToItself_Arrives()
    {
        Requires(BackendTraits.Local);

        Initiator.SendNotification(Initiator.Name, "to myself"u8);

        using var received = Receive(Initiator);
        (received.Sender, received.Text).Should().Be((Initiator.Name, "to myself"));
    }

    [Test]
    public void BothDirections_AtOnce_LoseNothing()
    {
        const int Count = 200;
        World.IntroduceBoth();

        Parallel.Invoke(
            () => SendMany((peer, message) => Initiator.SendNotification(peer, message), Target.Name, Count),
            () => SendMany((peer, message) => Target.SendNotification(peer, message), Initiator.Name, Count));

        for (var i = 0; i < Count; i++)
        {
            using var there = Receive(Target);
            using var here = Receive(Initiator);
            (there.Text, here.Text).Should().Be(($"{i}", $"{i}"));
        }
    }

    private static void SendMany(Action<string, byte[]> send, string to, int count)
    {
        for (var i = 0; i < count; i++)
        {
            send(to, Encoding.UTF8.GetBytes($"{i}"));
        }
    }

    private static byte[] Message(int length)
    {
        var message = new byte[length];
        new Random(length).NextBytes(message);
        return message;
    }

    private Transfer CreateTransfer(int length, TransferOptions options, out GuardedBuffer source, out GuardedBuffer destination)
    {
        source = World.AddBuffer(Initiator, length);
        destination = World.AddBuffer(Target, length, seed: 2);
        World.IntroduceBoth();
        return Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name, options);
    }

    [Test]
    public async Task PostAsync_WithANewMessageEachTime_DeliversEachOnce()
    {
        Requires(BackendTraits.Remote | BackendTraits.Notifying);
        var source = World.AddBuffer(Initiator, 4096);
        var destination = World.AddBuffer(Target, 4096);
        World.IntroduceBoth();
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);

        for (var round = 0; round < 10; round++)
        {
            (await transfer.PostAsync(System.Text.Encoding.UTF8.GetBytes($"round {round}"))).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());

            using var notification = await Target.WaitForNotificationAsync(WantedMessage.Any);
            notification.Text.Should().Be($"round {round}");
        }

        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        (await transfer.PostAsync("never"u8, canceled.Token)).Should().Be(NixlStatus.Canceled);
        transfer.Status.Should().Be(NixlStatus.Success, "nothing was posted");
    }
}
