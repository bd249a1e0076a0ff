using System.Text;
using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Notifications;

public sealed class NotificationRouterTests
{
    private readonly List<string> _dropped = [];

    [SetUp]
    public void Forget() => _dropped.Clear();

    [Test]
    public void MessageForAWaitThatTimedOut_IsKept()
    {
        var router = Create();
        RecordingReceiver.List(router, NotificationFilter.Any).GiveUp().Should().BeTrue("its time is over, and nobody has removed it yet");

        router.Deliver(Message("a"));

        router.TryTake(out var kept).Should().BeTrue();
        kept.Text.Should().Be("a");
    }

    [Test]
    public void MessageForAWaitThatTimedOut_GoesToTheNextWait()
    {
        var router = Create();
        var dead = RecordingReceiver.List(router, NotificationFilter.Any);
        var alive = RecordingReceiver.List(router, NotificationFilter.Any);
        dead.GiveUp();

        router.Deliver(Message("a"));

        (dead.Text, alive.Text).Should().Be((null, "a"));
    }

    [Test]
    public void OldestMatchingWait_GetsTheMessage()
    {
        var router = Create();
        var other = RecordingReceiver.List(router, NotificationFilter.Exactly("b"));
        var first = RecordingReceiver.List(router, NotificationFilter.StartingWith("a"));
        var second = RecordingReceiver.List(router, NotificationFilter.Any);

        router.Deliver(Message("a1"));
        router.Deliver(Message("a2"));

        (first.Text, second.Text, other.Text).Should().Be(("a1", "a2", null));
    }

    [Test]
    public void WhatComesLateForOneTurn_DoesNotEndTheNext()
    {
        var router = Create();
        var receiver = RecordingReceiver.List(router, NotificationFilter.Exactly("old"));
        var old = receiver.Turn;
        receiver.GiveUp();
        router.Remove(receiver);
        router.TryTakeOrList(NotificationFilter.Exactly("new"), receiver, out _);

        receiver.TryDeliver(old, Message("old")).Should().BeFalse();
        receiver.Close(old);
        router.Deliver(Message("new"));

        (receiver.Text, receiver.IsClosed).Should().Be(("new", false));
    }

    [Test]
    public void QueuedMatch_IsTakenOutOfOrder_AndTheOthersKeepTheirs()
    {
        var router = Create();
        foreach (var text in (string[])["a", "b", "c"])
        {
            router.Deliver(Message(text));
        }

        router.TryTakeOrList(NotificationFilter.Exactly("b"), new RecordingReceiver(), out var match).Should().BeTrue();

        match.Text.Should().Be("b");
        var rest = new List<Notification>();
        router.TakeAll(NotificationFilter.Any, rest);
        rest.Select(static n => n.Text).Should().Equal("a", "c");
    }

    [Test]
    public void MessagesOverOneBackend_AreTaken_AndTheOthersStayInOrder()
    {
        var router = Create();
        var (near, far) = (new BackendSink("NEAR", router), new BackendSink("FAR", router));
        near.Deliver(Message("a"));
        far.Deliver(Message("b"));
        near.Deliver(Message("c"));
        far.Deliver(Message("d"));
        var taken = new List<Notification>();

        router.TakeAll(NotificationFilter.Over("FAR"), taken);

        taken.Select(static n => (n.Backend, n.Text)).Should().Equal(("FAR", "b"), ("FAR", "d"));
        router.Held.Count.Should().Be(2);
        router.TakeAll(NotificationFilter.Over("far"), taken);
        taken.Should().HaveCount(2, "names are spelled as they are");
        router.TakeAll(NotificationFilter.Any, taken);
        taken.Select(static n => n.Text).Should().Equal("b", "d", "a", "c");
        router.Held.Should().Be((0, 0L));
    }

    [Test]
    public void MessageBeyondTheLimit_CostsItsSenderTheConnection()
    {
        var router = Create(limit: 200);

        router.Deliver(Message("0123456789"));
        router.Deliver(Message("0123456789"));

        _dropped.Should().Equal("sender");
        router.TryTake(out _).Should().BeTrue();
        router.TryTake(out _).Should().BeFalse();
        router.Deliver(Message("0123456789"));
        router.TryTake(out _).Should().BeTrue("what was read makes room");
    }

    [Test]
    public void SenderBeyondItsShare_IsRefused_WhileOthersAreHeard()
    {
        var router = Create(perPeer: 200);

        router.Deliver(Message("0123456789"));
        router.Deliver(Message("0123456789"));
        router.Deliver(Notification.Create("other"u8, "x"u8));

        _dropped.Should().Equal("sender");
        router.Held.Count.Should().Be(2);
        router.TryTakeOrList(NotificationFilter.From("sender"), new RecordingReceiver(), out _).Should().BeTrue();
        router.Deliver(Message("0123456789"));
        router.Held.Count.Should().Be(2, "what was read makes room");
        router.TakeAll(NotificationFilter.Any, []);
        router.Held.Should().Be((0, 0L));
    }

    [Test]
    public void EmptyMessages_CountToo()
    {
        var router = Create(limit: 1000);

        for (var i = 0; i < 100; i++)
        {
            router.Deliver(Message(""));
        }

        router.Held.Count.Should().BeLessThan(10);
        _dropped.Should().NotBeEmpty();
    }

    [Test]
    public void MessageAfterTheEnd_IsDropped_AndBlamesNobody()
    {
        var router = Create();
        var receiver = RecordingReceiver.List(router, NotificationFilter.Any);
        router.Close();

        router.Deliver(Message("late"));

        _dropped.Should().BeEmpty();
        (receiver.Text, receiver.IsClosed).Should().Be((null, true));
        router.Invoking(static r => r.TryTakeOrList(NotificationFilter.Any, new RecordingReceiver(), out _)).Should().Throw<ObjectDisposedException>();
    }

    [Test]
    public void KnownSender_IsOneString_UntilForgotten()
    {
        var router = Create();
        var name = new string("sender");
        router.AddKnownName(name);
        SenderOf(router).Should().BeSameAs(name);

        router.RemoveKnownName(name);

        SenderOf(router).Should().NotBeSameAs(name).And.Be(name);
    }

    private static string SenderOf(NotificationRouter router)
    {
        router.Deliver(Message("x"));
        router.TryTake(out var notification).Should().BeTrue();
        return notification.Sender;
    }

    private static Notification Message(string text) => Notification.Create("sender"u8, Encoding.UTF8.GetBytes(text));

    private NotificationRouter Create(long limit = 1 << 20, long perPeer = 1 << 20)
    {
        var options = new NixlAgentOptions { Limits = new LimitsOptions { NotificationBytesMax = limit, NotificationBytesPerPeerMax = perPeer } };
        return new NotificationRouter(new AgentSettings("router-test", options)) { Overflowed = _dropped.Add };
    }
}
