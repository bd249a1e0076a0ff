using FluentAssertions;
using Nixl.Backends;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Staging;

/// <summary>Staged transfers that do not end as wished: nothing is touched afterwards, and the host memory is free for the next one.</summary>
public sealed class StagedFailureTests
{
    private const int Bytes = 20 * StagedWorld.Chunk;

    private StagedWorld _world = null!;

    [SetUp]
    public void Open() => _world = new StagedWorld(Bytes, static options => options.Drain = TimeSpan.FromMilliseconds(100));

    [TearDown]
    public void Close()
    {
        _world.RequireOrder();
        _world.Dispose();
    }

    [Test]
    public async Task FailureOfTheNearLeg_NamesDescriptorEngineAndNextStep(
        [Values(CompletionMode.Immediate, CompletionMode.Late, CompletionMode.Foreign)] CompletionMode near)
    {
        _world.Store.Mode = near;
        _world.Store.FailAt = (9 * StagedWorld.Chunk) + 1;
        var pieces = Enumerable.Range(0, 40).Select(static i => ((long)i * StagedWorld.Chunk / 2, (long)(StagedWorld.Chunk / 2) - 1)).ToArray();
        using var transfer = _world.Agent.CreateTransfer(TransferOperation.Write, _world.Local(pieces), _world.Remote(pieces), _world.Peer.Name);

        (await transfer.PostAsync()).Should().Be(NixlStatus.BackendError);

        var fault = transfer.GetFault()!;
        (fault.DescriptorIndex, fault.NativeCode, fault.Hint).Should().Be((18, 28, "Delete something."));
        fault.Detail.Should().Contain("first leg").And.Contain("STORE").And.Contain("the store is full here").And.Contain("store fault 28");
        transfer.BytesDone.Should().BeLessThan(transfer.TotalBytes);
        transfer.IsQuiescent.Should().BeTrue();
        _world.Store.FailAt = -1;
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, "all host memory is free again");
    }

    [Test]
    public async Task FailureOfTheFarLeg_NamesTheCallersDescriptor()
    {
        var pieces = Enumerable.Range(0, 8).Select(static i => ((long)i * 1000, 900L)).ToArray();
        using var transfer = _world.Agent.CreateTransfer(
            TransferOperation.Write, _world.Local(pieces), _world.Remote(pieces), _world.Peer.Name, new TransferOptions { CustomParam = "fail=5" });

        (await transfer.PostAsync()).Should().Be(NixlStatus.BackendError);

        var failure = transfer.Invoking(static ended => ended.ThrowIfFailed()).Should().Throw<NixlException>().Which;
        (failure.Agent, failure.Peer, failure.Backend, failure.DescriptorIndex).Should().Be((_world.Agent.Name, _world.Peer.Name, "STORE+INMEMORY", 5));
        failure.Message.Should().Contain("second leg").And.Contain("INMEMORY").And.Contain("told to fail here");
    }

    [Test]
    public async Task Cancellation_EndsBothLegs([Values] bool nearIsStuck)
    {
        _world.Store.Mode = nearIsStuck ? CompletionMode.UntilCanceled : CompletionMode.Late;
        using var transfer = _world.Whole(TransferOperation.Write, new TransferOptions { CustomParam = nearIsStuck ? "" : "mode=UntilCanceled" });
        using var cancellation = new CancellationTokenSource();
        var end = transfer.PostAsync(cancellation.Token);
        await Task.Delay(20);

        await cancellation.CancelAsync();

        (await end).Should().Be(NixlStatus.Canceled);
        transfer.IsQuiescent.Should().BeTrue();
        await RequireFreeHostMemory();
    }

    [Test]
    public async Task Deadline_OfALegThatNeverEnds_KeepsItsChunksUntilItDoes([Values] bool nearIsStuck)
    {
        _world.Store.Mode = nearIsStuck ? CompletionMode.Never : CompletionMode.Immediate;
        using var transfer = _world.Whole(
            TransferOperation.Write, new TransferOptions { CustomParam = nearIsStuck ? "" : "mode=Never", Timeout = TimeSpan.FromMilliseconds(50) });

        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        transfer.IsQuiescent.Should().BeFalse();
        _world.Agent.QuarantinedTransfers.Should().Be(1);
        var quiescent = transfer.WhenQuiescent().AsTask();
        using var next = _world.Whole(TransferOperation.Write, new TransferOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        (await next.PostAsync()).Should().Be(NixlStatus.TimedOut, "all chunks are with the stuck one");
        next.IsQuiescent.Should().BeTrue("it never had one");
        if (nearIsStuck)
        {
            _world.Engine.FinishStuck();
        }
        else
        {
            InMemoryFabric.OfAgent(_world.Agent.Name).FinishStuck();
        }

        (await quiescent.WaitAsync(TimeSpan.FromSeconds(20))).Should().Be(NixlStatus.TimedOut);
        _world.Agent.QuarantinedTransfers.Should().Be(0);
        await RequireFreeHostMemory();
    }

    [Test]
    public async Task PeerInvalidatedInFlight_EndsTheTransfer()
    {
        using var transfer = _world.Whole(TransferOperation.Write, new TransferOptions { CustomParam = "mode=UntilCanceled" });
        var end = transfer.PostAsync();

        _world.Agent.InvalidateRemote(_world.Peer.Name);

        (await end).Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.NotFound);
        transfer.Post().Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public async Task StoreDeregisteredInFlight_WaitsForBothLegs()
    {
        _world.Store.Mode = CompletionMode.Never;
        using var transfer = _world.Whole(TransferOperation.Write);
        transfer.Post();
        SpinWait.SpinUntil(() => transfer.Check() == NixlStatus.InProgress && !_world.Store.Moves.IsEmpty, 20);
        _world.Agent.Invoking(agent => agent.Deregister(_world.StoreRegistration)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotAllowed);
        var released = _world.Agent.DeregisterAsync(_world.StoreRegistration);

        transfer.Cancel();
        await Task.Delay(20);
        released.IsCompleted.Should().BeFalse("a leg is under way");
        _world.Engine.FinishStuck();

        await released.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public void AgentDisposedInFlight_EndsWithoutTouchingTheMemoryLater([Values(CompletionMode.UntilCanceled, CompletionMode.Never)] CompletionMode near)
    {
        _world.Store.Mode = near;
        var transfer = _world.Whole(TransferOperation.Write);
        transfer.Post();
        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, 20);
        _world.RequireOrder();

        _world.Agent.Dispose();

        _world.Engine.IsDisposed.Should().BeTrue();
        transfer.Status.Should().NotBe(NixlStatus.Success).And.NotBe(NixlStatus.InProgress);
        _world.Memory.AsSpan().IndexOfAnyExcept((byte)0).Should().Be(-1);
        _world.Dispose();
        _world = new StagedWorld(1);
    }

    [Test]
    public async Task AThrowingEngine_IsQuarantined_AndReported()
    {
        _world.Store.Mode = CompletionMode.Throws;
        using var transfer = _world.Whole(TransferOperation.Write, new TransferOptions { Timeout = TimeSpan.FromMilliseconds(50) });

        (await transfer.PostAsync()).Should().Be(NixlStatus.BackendError, "it drains at once, and does not wait for its deadline");

        transfer.IsQuiescent.Should().BeFalse("nobody knows what the engine still does");
    }

    [Test]
    public async Task AnEngineThatThrowsWhilePreparing_FailsTheTransfer_NotTheRoute()
    {
        _world.Store.ThrowsInPrep = true;
        using var transfer = _world.Whole(TransferOperation.Write);

        (await transfer.PostAsync()).Should().Be(NixlStatus.BackendError);

        transfer.GetFault()!.Detail.Should().Contain("threw while it prepared");
        _world.Store.ThrowsInPrep = false;
        await RequireFreeHostMemory();
    }

    [Test]
    public void MessageToAPeerThatWasReplaced_IsNotSent()
    {
        _world.RequireOrder();
        _world.Dispose();
        _world = new StagedWorld(10, static options => options.Progress = ProgressMode.Manual);
        using var transfer = _world.Whole(TransferOperation.Write, new TransferOptions { Notification = new byte[3], CustomParam = "mode=Never" });
        transfer.Post();
        transfer.Check().Should().Be(NixlStatus.InProgress);
        InMemoryFabric.OfAgent(_world.Agent.Name).FinishStuck(); // the data is there, and nobody has looked yet
        _world.Agent.InvalidateRemote(_world.Peer.Name);
        _world.Agent.LoadRemoteMetadata(_world.Peer.GetLocalMetadata());

        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();

        transfer.Status.Should().Be(NixlStatus.RemoteDisconnect);
        _world.Peer.TryGetNotification(out _).Should().BeFalse("the one that is known now was not written to");
    }

    [Test]
    public void MessageThatCannotBeSent_FailsTheTransfer_AndSaysThatTheDataArrived()
    {
        _world.RequireOrder();
        _world.Dispose();
        _world = new StagedWorld(10, static options => options.Progress = ProgressMode.Manual);
        using var transfer = _world.Whole(TransferOperation.Write, new TransferOptions { Notification = new byte[3], CustomParam = "mode=Never" });
        transfer.Post();
        transfer.Check().Should().Be(NixlStatus.InProgress);
        InMemoryFabric.OfAgent(_world.Agent.Name).FinishStuck();
        _world.Peer.Dispose();

        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();

        transfer.GetFault()!.Detail.Should().Contain("the data has arrived, but the notification could not be sent").And.Contain("INMEMORY");
    }

    [Test]
    public void MessageThatIsTooLong_IsRefusedBeforeAnythingMoves()
    {
        var refusal = _world.Invoking(world => world.Whole(TransferOperation.Write, new TransferOptions { Notification = new byte[(1 << 20) + 1] }))
            .Should().Throw<NixlException>().Which;

        (refusal.Status, refusal.Backend).Should().Be((NixlStatus.InvalidParam, InMemoryEngine.BackendName));
        _world.Agent.BounceBytes.Should().Be(0);
    }

    private async Task RequireFreeHostMemory()
    {
        _world.Store.Mode = CompletionMode.Late;
        using var after = _world.Whole(TransferOperation.Write);
        (await after.PostAsync()).Should().Be(NixlStatus.Success);
        _world.Memory.Should().Equal(_world.Store.Bytes);
    }
}
