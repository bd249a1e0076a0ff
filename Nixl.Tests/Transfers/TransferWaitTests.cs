using FluentAssertions;
using Nixl.Metadata;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

public sealed class TransferWaitTests
{
    private World _world = null!;
    private NixlAgent _agent = null!;
    private LocalBuffer _source = null!;
    private GuardedBuffer _destination = null!;

    [SetUp]
    public void Open()
    {
        _world = new World(new InMemoryHarness());
        _agent = _world.AddAgent("waiting", drain: TimeSpan.FromMilliseconds(30));
        _source = _world.AddBuffer(_agent, 64);
        _destination = _world.AddBuffer(_world.Target, 64, seed: 2);
        World.Introduce(_agent, _world.Target);
    }

    [TearDown]
    public void Close()
    {
        _world.RequireOrder();
        _world.Dispose();
    }

    [Test]
    public async Task SecondAwait_OfOneValueTask_IsRefused()
    {
        using var transfer = Create("UntilCanceled");
        transfer.Post();
        var wait = transfer.WaitAsync();
        transfer.Cancel();

        (await wait).Should().Be(NixlStatus.Canceled);
        var again = async () => await wait;

        await again.Should().ThrowAsync<InvalidOperationException>();
    }

    [Test]
    public async Task ManyWaits_OfOnePost_AllEnd()
    {
        using var transfer = Create("UntilCanceled");
        transfer.Post();
        var waits = Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? transfer.WaitAsync().AsTask() : transfer.WhenQuiescent().AsTask()).ToList();

        transfer.Cancel();

        (await Task.WhenAll(waits)).Should().OnlyContain(static status => status == NixlStatus.Canceled);
    }

    [Test]
    public async Task CanceledWait_EndsOnlyItself()
    {
        using var transfer = Create("UntilCanceled");
        transfer.Post();
        using var cancellation = new CancellationTokenSource();
        var canceled = transfer.WaitAsync(cancellation.Token).AsTask();
        var other = transfer.WaitAsync().AsTask();

        await cancellation.CancelAsync();

        await canceled.Invoking(static task => task).Should().ThrowAsync<OperationCanceledException>();
        other.IsCompleted.Should().BeFalse();
        transfer.Status.Should().Be(NixlStatus.InProgress);
        transfer.Cancel();
        (await other).Should().Be(NixlStatus.Canceled);
    }

    [Test]
    public async Task Waits_OutsideAPost_EndAtOnce()
    {
        using var transfer = Create("Immediate");

        (await transfer.WaitAsync()).Should().Be(NixlStatus.NotPosted);
        (await transfer.WhenQuiescent()).Should().Be(NixlStatus.NotPosted);
        transfer.Post();
        (await transfer.WaitAsync()).Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task Continuation_DoesNotRunOnTheProgressThread()
    {
        using var transfer = Create("Late");

        for (var round = 0; round < 100; round++)
        {
            transfer.Post();
            await transfer.WaitAsync();
            Thread.CurrentThread.Name.Should().NotBe("nixl-progress");
        }
    }

    [Test]
    public async Task GivenUp_Transfer_CanNeitherBePostedNorForgotten_UntilTheEngineIsDone([Values] bool disposed)
    {
        var transfer = Create("Never");
        transfer.PostTimeout = TimeSpan.FromMilliseconds(1);
        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        if (disposed)
        {
            transfer.Dispose();
        }

        _agent.OpenTransfers.Should().Be(1);
        transfer.Post().Should().Be(NixlStatus.NotAllowed);
        InMemoryFabric.OfAgent(_agent.Name).FinishStuck();
        await transfer.WhenQuiescent();
        transfer.Dispose();
        SpinWait.SpinUntil(() => _agent.OpenTransfers == 0, TimeSpan.FromSeconds(10)).Should().BeTrue();
    }

    [Test]
    public async Task DisposedInFlight_WithAnEngineOnItsOwnThread_IsReleasedWithoutTheApplication()
    {
        for (var round = 0; round < 50; round++)
        {
            var transfer = Create("Foreign");
            transfer.Post();
            transfer.Dispose();
            await transfer.WhenQuiescent();
        }

        SpinWait.SpinUntil(() => _agent.OpenTransfers == 0, TimeSpan.FromSeconds(10)).Should().BeTrue();
    }

    [Test]
    public async Task Post_GivenUpBeforeItReturned_EndsOnce()
    {
        using var transfer = Create("BlocksInPost");
        transfer.PostTimeout = TimeSpan.Zero;
        var engine = InMemoryFabric.OfAgent(_agent.Name);

        var posting = Task.Factory.StartNew(transfer.Post, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        SpinWait.SpinUntil(() => transfer.Status == NixlStatus.TimedOut, TimeSpan.FromSeconds(10)).Should().BeTrue();
        (transfer.IsQuiescent, _agent.QuarantinedTransfers).Should().Be((false, 1));
        engine.PostGate.Set();

        (await posting).Should().Be(NixlStatus.TimedOut, "a final state does not change");
        (transfer.IsQuiescent, _agent.QuarantinedTransfers).Should().Be((true, 0));
        transfer.PostTimeout = TimeSpan.FromSeconds(30);
        transfer.Post().Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task Manual_MovesNothingByItself_ButAnAwaitedTransferEnds()
    {
        var manual = _world.AddAgent("manual", progress: ProgressMode.Manual);
        World.Introduce(manual, _world.Target);
        var source = _world.AddBuffer(manual, 64);
        using var transfer = manual.CreateTransfer(
            TransferOperation.Write, new DescriptorList(MemoryType.Dram, [source.Descriptor]), new DescriptorList(MemoryType.Dram, [_destination.Descriptor]), _world.Target.Name);

        transfer.Post().Should().Be(NixlStatus.InProgress);
        transfer.Status.Should().Be(NixlStatus.InProgress);
        transfer.Check().Should().Be(NixlStatus.Success);
        transfer.Post().Should().Be(NixlStatus.InProgress);
        (await transfer.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10))).Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task LostPeer_IsDropped_AlsoWhenTheDeadlineCameFirst()
    {
        using var transfer = Create("Never");
        transfer.PostTimeout = TimeSpan.FromMilliseconds(1);
        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        InMemoryFabric.OfAgent(_agent.Name).FinishStuck(NixlStatus.RemoteDisconnect);

        SpinWait.SpinUntil(() => !_agent.CheckRemoteMetadata(_world.Target.Name), TimeSpan.FromSeconds(10)).Should().BeTrue();
    }

    [Test]
    public void SuccessorOfALostPeer_IsTaken_BeforeTheLossWasTidiedUp()
    {
        // An agent of the C++ NIXL, whose metadata does not tell incarnations apart, and one that nobody polls: nothing but the load can drop the lost one.
        var agent = _world.AddAgent("manual", progress: ProgressMode.Manual);
        var source = _world.AddBuffer(agent, 64);
        var next = _world.AddAgent("next");
        var exposed = _world.AddBuffer(next, 64, seed: 3);
        agent.LoadRemoteMetadata(Anonymous(_world.Target.GetLocalMetadata(), _world.Target.Name));
        using var transfer = agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [source.Descriptor]),
            new DescriptorList(MemoryType.Dram, [_destination.Descriptor]),
            _world.Target.Name,
            new TransferOptions { CustomParam = "mode=Never" });
        transfer.Post().Should().Be(NixlStatus.InProgress);
        InMemoryFabric.OfAgent(agent.Name).FinishStuck(NixlStatus.RemoteDisconnect);
        transfer.Status.Should().Be(NixlStatus.RemoteDisconnect);

        agent.LoadRemoteMetadata(Anonymous(next.GetLocalMetadata(), _world.Target.Name)).Should().Be(_world.Target.Name);

        using var after = agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [source.Descriptor]),
            new DescriptorList(MemoryType.Dram, [exposed.Descriptor]),
            _world.Target.Name);
        var status = after.Post();
        SpinWait.SpinUntil(() => status != NixlStatus.InProgress || (status = after.Check()) != NixlStatus.InProgress, TimeSpan.FromSeconds(10));
        status.Should().Be(NixlStatus.Success);
    }

    [Test]
    public void PreparedSide_OverDeregisteredMemory_IsRefusedBeforeTheEngineSeesIt()
    {
        using var local = _agent.PrepareDescriptors(NixlAgent.LocalSide, _source.Registration!.ToDescriptors());
        using var remote = _agent.PrepareDescriptors(_world.Target.Name, new DescriptorList(MemoryType.Dram, [_destination.Descriptor]));
        _agent.Deregister(_source.Registration!);

        _agent.Invoking(agent => agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0]))
            .Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotFound);
    }

    /// <summary>The same metadata under another name, without the record that only agents of ours have.</summary>
    private static byte[] Anonymous(byte[] metadata, string name)
    {
        AgentMetadataCodec.TryDecode(metadata, MetadataLimits.Default, out var decoded, out _).Should().BeTrue();
        return AgentMetadataCodec.Encode(new AgentMetadata { AgentName = name, Connections = decoded!.Connections, Sections = decoded.Sections });
    }

    private Transfer Create(string mode) => _agent.CreateTransfer(
        TransferOperation.Write,
        new DescriptorList(MemoryType.Dram, [_source.Descriptor]),
        new DescriptorList(MemoryType.Dram, [_destination.Descriptor]),
        _world.Target.Name,
        new TransferOptions { CustomParam = $"mode={mode}" });
}
