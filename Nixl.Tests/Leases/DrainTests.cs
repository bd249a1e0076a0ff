using System.Net;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Leases;

public sealed class DrainTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    public async Task AnIdleAgent_HasDrainedAtOnce()
    {
        using var world = new LeaseWorld();

        var report = await world.Owner.DrainAsync(TimeSpan.Zero);

        report.IsClean.Should().BeTrue();
        world.Owner.IsDraining.Should().BeTrue();
        world.Owner.GetHealth().IsReady.Should().BeFalse("a load balancer sends it no new work");
        world.Owner.GetHealth().IsLive.Should().BeTrue();
        world.Owner.GetHealth().Reasons.Should().ContainSingle().Which.Should().Contain("draining");
    }

    [Test]
    public async Task Drain_WaitsForLeases_AndServesTheirPeersMeanwhile()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("done");
        var drain = world.Owner.DrainAsync(Long);

        var page = new byte[4096];
        using var registration = world.Consumer.Register(page.AsMemory());
        await world.Consumer.TransferAsync(
            TransferOperation.Read,
            registration.ToDescriptors(),
            world.Pages,
            world.Owner.Name,
            new TransferOptions { Notification = "done"u8.ToArray() });

        var report = await drain.WaitAsync(Limit);
        report.IsClean.Should().BeTrue();
        (await lease.Ended).Should().Be(LeaseEnd.Released);
    }

    [Test]
    public async Task WhatIsLeftWhenTheGraceIsOver_IsCut_AndReported()
    {
        using var world = new LeaseWorld(mode: CompletionMode.UntilCanceled);
        using var lease = world.Lease("never");
        using var registration = world.Consumer.Register(new byte[4096].AsMemory());
        world.Owner.LoadRemoteMetadata(world.Consumer.GetLocalMetadata());
        using var transfer = world.Owner.CreateTransfer(TransferOperation.Write, world.Pages, registration.ToDescriptors(), world.Consumer.Name);
        transfer.Post().Should().Be(NixlStatus.InProgress);

        var report = await world.Owner.DrainAsync(TimeSpan.FromMilliseconds(50)).WaitAsync(Limit);

        report.IsClean.Should().BeFalse();
        report.CutLeases.Should().ContainSingle().Which.Should().BeSameAs(lease);
        report.CutTransfers.Should().ContainSingle().Which.Should().Contain("Write of 4096 bytes").And.Contain(world.Consumer.Name);
        (await lease.Ended).Should().Be(LeaseEnd.Cut);
        (await transfer.WaitAsync().AsTask().WaitAsync(Limit)).Should().Be(NixlStatus.Canceled);
    }

    [Test]
    public async Task Drain_WaitsForTransfersInFlight()
    {
        using var world = new LeaseWorld(mode: CompletionMode.UntilCanceled);
        using var registration = world.Consumer.Register(new byte[4096].AsMemory());
        world.Owner.LoadRemoteMetadata(world.Consumer.GetLocalMetadata());
        using var transfer = world.Owner.CreateTransfer(TransferOperation.Write, world.Pages, registration.ToDescriptors(), world.Consumer.Name);
        transfer.Post();
        var drain = world.Owner.DrainAsync(Long);
        drain.IsCompleted.Should().BeFalse();

        transfer.Cancel();

        (await drain.WaitAsync(Limit)).IsClean.Should().BeTrue();
    }

    [Test]
    public async Task ADrainingAgent_TakesNoNewPeersAndGivesNoLeases_ButKnowsTheOldOnes()
    {
        using var world = new LeaseWorld();
        await world.Owner.DrainAsync(TimeSpan.Zero);
        using var stranger = new LeaseWorld();

        StatusOf(() => world.Owner.LoadRemoteMetadata(stranger.Consumer.GetLocalMetadata())).Should().Be(NixlStatus.NotAllowed);
        StatusOf(() => world.Lease("late")).Should().Be(NixlStatus.NotAllowed);
        using var more = world.Consumer.Register(new byte[64].AsMemory());
        world.Owner.LoadRemoteMetadata(world.Consumer.GetLocalMetadata()).Should().Be(world.Consumer.Name, "a known peer may still tell of more memory");
    }

    [Test]
    public async Task ADrainingAgent_ListensNoMore()
    {
        var options = new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0), ExchangeTimeout = TimeSpan.FromSeconds(2) };
        options.Backends.Add<InMemoryEngine>();
        using var listening = new NixlAgent("listening", options);
        using var world = new LeaseWorld();
        await world.Consumer.FetchRemoteMetadataAsync(listening.ListenEndPoint!);

        await listening.DrainAsync(TimeSpan.Zero);

        await FluentActions.Awaiting(() => world.Other.FetchRemoteMetadataAsync(listening.ListenEndPoint!)).Should().ThrowAsync<NixlException>();
    }

    [Test]
    public async Task TheToken_EndsTheWait_AndCutsNothing()
    {
        using var world = new LeaseWorld();
        using var lease = world.Lease("kept");
        using var end = new CancellationTokenSource();
        var drain = world.Owner.DrainAsync(Long, end.Token);

        await end.CancelAsync();

        await FluentActions.Awaiting(() => drain).Should().ThrowAsync<OperationCanceledException>();
        lease.Ended.IsCompleted.Should().BeFalse();
        world.Owner.IsDraining.Should().BeTrue();
    }

    private static NixlStatus StatusOf(Action action) => action.Should().Throw<NixlException>().Which.Status;
}
