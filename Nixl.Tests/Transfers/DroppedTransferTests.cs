using System.Runtime.CompilerServices;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Diagnostics;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Diagnostics;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>Transfers that the application forgets to dispose.</summary>
public sealed class DroppedTransferTests
{
    private const int Warning = 1066;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private RecordingLogger _log = null!;
    private TelemetryWorld _world = null!;

    private NixlAgent Agent => _world.Agent;

    private List<string> Warnings
    {
        get
        {
            lock (_log)
            {
                return _log.Entries.FindAll(static entry => entry.Id == Warning).ConvertAll(static entry => entry.Text);
            }
        }
    }

    [TearDown]
    public void Close() => _world.Dispose();

    [Test]
    public void Dropped_IsReleased_Counted_AndNamedOnce([Values] ProgressMode progress)
    {
        Open(progress);
        DropPosted("mode=InsidePost");
        CollectUntil(() => Agent.OpenTransfers == 0);

        for (var i = 0; i < 3; i++)
        {
            DropUnposted();
        }

        CollectUntil(() => Agent.OpenTransfers == 0);
        _world.Metrics.Read(TelemetryNames.TransfersDropped).Should().Be(4);
        InMemoryFabric.OfAgent(Agent.Name).PreparedCount.Should().Be(0, "the engine has them back");
        Warnings.Should().ContainSingle("the others are counted").Which.Should()
            .Contain(Agent.Name).And.Contain(_world.Target.Name).And.Contain("Write of 4096 bytes").And.Contain("INMEMORY").And.Contain("Success").And.Contain("dispose each transfer");
        _log.Entries.Should().Contain(static entry => entry.Id == Warning && entry.Level == LogLevel.Warning);
    }

    [Test]
    public void DroppedInFlight_IsNotCanceled_AndReleasedWhenItsEngineIsDone()
    {
        Open();
        DropPosted("mode=Never");

        CollectUntil(() => _world.Metrics.Read(TelemetryNames.TransfersDropped) == 1);

        var engine = InMemoryFabric.OfAgent(Agent.Name);
        (Agent.OpenTransfers, Agent.TransfersInFlight, engine.StuckCount).Should().Be((1, 1, 1), "the post is under way, and nobody asked it to end");
        engine.FinishStuck();
        SpinWait.SpinUntil(() => Agent.OpenTransfers == 0, Limit).Should().BeTrue();
        Agent.Counters.Errors.Should().BeEmpty();
        engine.Watch.Violations.Should().BeEmpty();
    }

    [Test]
    public async Task AwaitedAndDropped_EndsAsIfItWereHeld()
    {
        Open();
        for (var round = 0; round < 20; round++)
        {
            var end = PostAndDrop("mode=Foreign");
            GC.Collect();

            (await end.WaitAsync(Limit)).Should().Be(NixlStatus.Success);
        }

        CollectUntil(() => Agent.OpenTransfers == 0);
        _world.Metrics.Read(TelemetryNames.TransfersDropped).Should().Be(20);
    }

    [Test]
    public void HeldOrDisposed_IsNobodysFault()
    {
        Open();
        var held = _world.Create();
        MakeAndDispose();
        DropUnposted(); // tells when somebody has looked

        CollectUntil(() => _world.Metrics.Read(TelemetryNames.TransfersDropped) > 0);

        _world.Metrics.Read(TelemetryNames.TransfersDropped).Should().Be(1);
        TelemetryWorld.Run(held).Should().Be(NixlStatus.Success);
        held.Dispose();
        Agent.OpenTransfers.Should().Be(0);
    }

    [Test]
    public void TheEndOfTheAgent_IsTheEndOfItsTransfers_WithoutAWord()
    {
        Open();
        DropUnposted();
        Agent.Dispose();

        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Warnings.Should().BeEmpty();
        Agent.Counters.TransfersDropped.Should().Be(0);
        Agent.OpenTransfers.Should().Be(0);
    }

    [Test]
    public void ADroppedPreparedList_LeavesNothingBehind()
    {
        Open();
        var list = PrepareAndDrop();

        CollectUntil(() => !list.TryGetTarget(out _));
    }

    private void Open(ProgressMode progress = ProgressMode.Adaptive)
    {
        _log = new RecordingLogger();
        var options = new NixlAgentOptions { Progress = progress, LoggerFactory = new OneLoggerFactory(_log), DrainTimeout = TimeSpan.FromMilliseconds(30) };
        _world = new TelemetryWorld(options);
    }

    private static void CollectUntil(Func<bool> condition) => SpinWait.SpinUntil(
        () =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return condition();
        },
        Limit).Should().BeTrue();

    // Not inlined, so that no slot of the caller's frame keeps what these drop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DropPosted(string wishes) => ((int)_world.Create(wishes).Post()).Should().BeGreaterThanOrEqualTo(0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DropUnposted() => _world.Create().Status.Should().Be(NixlStatus.NotPosted);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task<NixlStatus> PostAndDrop(string wishes) => _world.Create(wishes).PostAsync().AsTask();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeAndDispose() => _world.Create().Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference<PreparedDescriptors> PrepareAndDrop()
        => new(Agent.PrepareDescriptors(NixlAgent.LocalSide, new DescriptorList(MemoryType.Dram, [_world.Source.Descriptor])));
}
