using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Leases;

public sealed class MemoryLeaseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Tag_OfThePeer_ReleasesTheLease_WithoutTheApplicationPolling([Values] ProgressMode progress)
    {
        using var world = new LeaseWorld(progress);
        using var lease = world.Lease("req-1");

        world.Consumer.SendNotification(world.Owner.Name, "req-1"u8);

        (await lease.Ended.WaitAsync(Limit)).Should().Be(LeaseEnd.Released);
        world.Owner.Leases.Should().BeEmpty();
        world.Owner.GetNotifications().Should().BeEmpty("the agent has taken the tag");
    }

    [Test]
    public async Task OtherTags_AndOtherSenders_DoNotReleaseIt()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("req-1");

        world.Other.SendNotification(world.Owner.Name, "req-1"u8);
        world.Consumer.SendNotification(world.Owner.Name, "req-10"u8);

        for (var i = 0; i < 2; i++)
        {
            using var notification = await world.Owner.WaitForNotificationAsync(NotificationFilter.Any, Limit);
            notification.Payload.ToArray().Should().StartWith("req-1"u8.ToArray());
        }

        lease.Ended.IsCompleted.Should().BeFalse();
        world.Owner.Leases.Should().ContainSingle().Which.Should().BeSameAs(lease);
    }

    [Test]
    public async Task ATagThatCameBefore_ReleasesTheLeaseAtOnce()
    {
        using var world = new LeaseWorld();
        world.Consumer.SendNotification(world.Owner.Name, "early"u8);
        world.Consumer.SendNotification(world.Owner.Name, "mark"u8);
        using (await world.Owner.WaitForNotificationAsync(NotificationFilter.Exactly("mark"), Limit))
        {
            using var lease = world.Lease("early");

            lease.Ended.IsCompletedSuccessfully.Should().BeTrue();
            (await lease.Ended).Should().Be(LeaseEnd.Released);
        }
    }

    [Test]
    public async Task Time_EndsTheLease_AndTheTagStaysForTheApplication()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("late", TimeSpan.FromMilliseconds(20));

        (await lease.Ended.WaitAsync(Limit)).Should().Be(LeaseEnd.Expired);
        lease.Renew(TimeSpan.FromMinutes(1)).Should().BeFalse();

        world.Consumer.SendNotification(world.Owner.Name, "late"u8);
        using var notification = await world.Owner.WaitForNotificationAsync(NotificationFilter.Exactly("late"), Limit);
        notification.Sender.Should().Be(world.Consumer.Name);
    }

    [Test]
    public async Task Renew_StartsTheTimeAnew()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("kept", TimeSpan.FromMinutes(5));

        lease.Renew(TimeSpan.FromMilliseconds(1)).Should().BeTrue();

        (await lease.Ended.WaitAsync(Limit)).Should().Be(LeaseEnd.Expired);
    }

    [Test]
    public async Task TheLossOfThePeer_EndsItsLeases_AndNoOthers()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("gone");
        using var others = world.Owner.Lease(world.Pages, world.Other.Name, "stays", TimeSpan.FromMinutes(5));

        world.Owner.InvalidateRemote(world.Consumer.Name);

        (await lease.Ended.WaitAsync(Limit)).Should().Be(LeaseEnd.PeerGone);
        others.Ended.IsCompleted.Should().BeFalse();
    }

    [Test]
    public async Task Dispose_TakesThePromiseBack_AndTheAgentsEndCutsTheRest()
    {
        using var world = new LeaseWorld();
        var first = world.Lease("a");
        var second = world.Lease("b");

        first.Dispose();
        world.Owner.Dispose();

        (await first.Ended).Should().Be(LeaseEnd.Withdrawn);
        (await second.Ended.WaitAsync(Limit)).Should().Be(LeaseEnd.Cut);
    }

    [Test]
    public void WhatCannotBeLeased_IsRefused()
    {
        using var world = new LeaseWorld();
        var outside = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(16, 16)]);
        NixlException Refusal(Action action) => action.Should().Throw<NixlException>().Which;

        Refusal(() => world.Owner.Lease(world.Pages, "nobody", "tag", Limit)).Status.Should().Be(NixlStatus.NotFound);
        Refusal(() => world.Owner.Lease(new DescriptorList(MemoryType.Dram, []), world.Consumer.Name, "tag", Limit)).Status.Should().Be(NixlStatus.InvalidParam);
        var refusal = Refusal(() => world.Owner.Lease(outside, world.Consumer.Name, "tag", Limit));
        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.DescriptorIndex.Should().Be(0);
        refusal.Operation.Should().Be("Lease");
        world.Owner.Invoking(owner => owner.Lease(world.Pages, world.Consumer.Name, "tag", TimeSpan.Zero)).Should().Throw<ArgumentOutOfRangeException>();
        world.Owner.Invoking(owner => owner.Lease(world.Pages, world.Consumer.Name, "", Limit)).Should().Throw<ArgumentException>();
        world.Owner.Leases.Should().BeEmpty();
    }

    [Test]
    public async Task ManyLeases_ReleasedWhileOthersExpire_EachEndOnce()
    {
        const int Count = 500;
        using var world = new LeaseWorld();
        var leases = Enumerable.Range(0, Count)
            .Select(i => world.Lease($"tag-{i}", i % 2 == 0 ? TimeSpan.FromMinutes(5) : TimeSpan.FromMilliseconds(1 + i % 7)))
            .ToList();

        for (var i = 0; i < Count; i += 2)
        {
            world.Consumer.SendNotification(world.Owner.Name, System.Text.Encoding.UTF8.GetBytes($"tag-{i}"));
        }

        var ends = await Task.WhenAll(leases.Select(static lease => lease.Ended)).WaitAsync(Limit);

        ends.Where((_, i) => i % 2 == 0).Should().OnlyContain(end => end == LeaseEnd.Released);
        ends.Where((_, i) => i % 2 == 1).Should().OnlyContain(end => end == LeaseEnd.Expired);
        world.Owner.Leases.Should().BeEmpty();
    }
}
