using System.Collections.Concurrent;
using System.Diagnostics;
using FluentAssertions;
using Nixl.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

[NonParallelizable] // while a listener is there, every agent of the process makes spans
public sealed class TracingTests
{
    private readonly ConcurrentQueue<Activity> _spans = [];
    private ActivityListener _listener = null!;
    private TelemetryWorld _world = null!;

    [SetUp]
    public void Listen()
    {
        _spans.Clear();
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TelemetryNames.ActivitySource,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        _world = new TelemetryWorld();
    }

    [TearDown]
    public void StopListening()
    {
        _world.Dispose();
        _listener.Dispose();
    }

    [Test]
    public void ControlCalls_MakeSpans()
    {
        _world.Agent.Register(new byte[10]).Dispose();
        _world.Agent.Connect(_world.Target.Name);
        _world.Agent.SendNotification(_world.Target.Name, "hello"u8);
        _world.Agent.GetNotifications();
        using var local = _world.Agent.PrepareDescriptors(NixlAgent.LocalSide, new DescriptorList(MemoryType.Dram, [_world.Source.Descriptor]));
        using var remote = _world.Agent.PrepareDescriptors(_world.Target.Name, new DescriptorList(MemoryType.Dram, [_world.Destination.Descriptor]));
        _world.Agent.MakeTransfer(TransferOperation.Read, local, [0], remote, [0]).Dispose();
        _world.Create().Dispose();

        var names = Own().Select(static span => span.OperationName).ToList();

        names.Should().Contain([
            TelemetryNames.RegisterSpan, TelemetryNames.DeregisterSpan, TelemetryNames.ConnectSpan, TelemetryNames.SendNotificationSpan,
            TelemetryNames.GetNotificationsSpan, TelemetryNames.MakeTransferSpan, TelemetryNames.CreateTransferSpan, TelemetryNames.LoadMetadataSpan,
        ]);
        Own().Should().OnlyContain(static span => span.Status == ActivityStatusCode.Unset);
        var created = Own().Single(static span => span.OperationName == TelemetryNames.CreateTransferSpan);
        (created.GetTagItem(TelemetryNames.PeerTag), created.GetTagItem(TelemetryNames.BackendTag), created.GetTagItem(TelemetryNames.DescriptorCountTag))
            .Should().Be((_world.Target.Name, "INMEMORY", 1));
    }

    [Test]
    public void Post_IsASpan_WithItsEndAsChild()
    {
        using var write = _world.Create();
        using var read = _world.Create(operation: TransferOperation.Read);

        TelemetryWorld.Run(write).Should().Be(NixlStatus.Success);
        TelemetryWorld.Run(read).Should().Be(NixlStatus.Success);

        Eventually(() => Own().Count(static span => span.OperationName == TelemetryNames.TransferEndSpan) == 2);
        var post = Own().Single(static span => span.OperationName == TelemetryNames.PostWriteSpan);
        (post.GetTagItem(TelemetryNames.PeerTag), post.GetTagItem(TelemetryNames.BackendTag), post.GetTagItem(TelemetryNames.BytesTag))
            .Should().Be((_world.Target.Name, "INMEMORY", 4096L));
        Own().Should().Contain(static span => span.OperationName == TelemetryNames.PostReadSpan);
        Own().Should().Contain(span => span.OperationName == TelemetryNames.TransferEndSpan && span.ParentSpanId == post.SpanId);
    }

    [Test]
    public async Task Failures_SetTheStatus()
    {
        using var transfer = _world.Create("mode=FailInPost");
        transfer.Post();
        _world.Agent.Invoking(static agent => agent.LoadRemoteMetadata(new byte[3])).Should().Throw<NixlException>();
        _world.Agent.Invoking(static agent => agent.Connect("nobody")).Should().Throw<NixlException>();
        _world.Agent.Invoking(static agent => agent.SendNotification("nobody", "x"u8)).Should().Throw<NixlException>();
        _world.Agent.Invoking(agent => agent.Register(new byte[1], ["NONE"])).Should().Throw<NixlException>();
        _world.Agent.Invoking(_ => _world.Create("mode=unknown")).Should().Throw<NixlException>();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        var fetch = () => _world.Agent.FetchRemoteMetadataAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), "nobody", canceled.Token);
        await fetch.Should().ThrowAsync<Exception>();

        var failed = Own().Where(static span => span.Status == ActivityStatusCode.Error).Select(static span => span.OperationName);

        failed.Should().BeEquivalentTo([
            TelemetryNames.PostWriteSpan, TelemetryNames.TransferEndSpan, TelemetryNames.LoadMetadataSpan, TelemetryNames.ConnectSpan,
            TelemetryNames.SendNotificationSpan, TelemetryNames.RegisterSpan, TelemetryNames.CreateTransferSpan, TelemetryNames.FetchMetadataSpan,
        ]);
    }

    private static void Eventually(Func<bool> condition) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)).Should().BeTrue();

    private List<Activity> Own() => [.. _spans.Where(span => _world.Agent.Name.Equals(span.GetTagItem(TelemetryNames.AgentTag)))];
}
