using System.Reflection;
using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Tidy;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

public sealed class MetricsTests
{
    [Test]
    public void Posts_AreCountedAndTimed_ByDirection()
    {
        using var world = new TelemetryWorld();
        using var write = world.Create();
        using var read = world.Create(operation: TransferOperation.Read);

        for (var i = 0; i < 3; i++)
        {
            TelemetryWorld.Run(write).Should().Be(NixlStatus.Success);
        }

        TelemetryWorld.Run(read).Should().Be(NixlStatus.Success);

        var metrics = world.Metrics;
        metrics.Read(TelemetryNames.TxRequests).Should().Be(3);
        metrics.Read(TelemetryNames.TxBytes).Should().Be(3 * 4096);
        metrics.Read(TelemetryNames.RxRequests).Should().Be(1);
        metrics.Read(TelemetryNames.RxBytes).Should().Be(4096);
        metrics.Recorded(TelemetryNames.TransferTime).Should().Be(4);
        metrics.Recorded(TelemetryNames.PostTime).Should().Be(4);
    }

    [Test]
    public void WithoutTelemetry_PostsAreNotCounted_ButErrorsAndGaugesAre()
    {
        using var world = new TelemetryWorld(new NixlAgentOptions());
        using var good = world.Create();
        using var bad = world.Create("mode=FailInPost");

        TelemetryWorld.Run(good).Should().Be(NixlStatus.Success);
        TelemetryWorld.Run(bad).Should().Be(NixlStatus.BackendError);

        world.Metrics.Read(TelemetryNames.TxBytes).Should().BeNull();
        world.Metrics.Recorded(TelemetryNames.TransferTime).Should().Be(0);
        world.Metrics.Read(TelemetryNames.Errors, "backend").Should().Be(1);
        world.Metrics.Read(TelemetryNames.TransfersOpen).Should().Be(2);
    }

    [Test]
    public void Memory_IsCountedWhenRegisteredAndWhenDeregistered()
    {
        using var world = new TelemetryWorld();
        var before = world.Metrics.Read(TelemetryNames.MemoryRegistered);
        var regions = world.Metrics.Read(TelemetryNames.Regions);

        var registration = world.Agent.Register(new byte[1000]);

        world.Metrics.Read(TelemetryNames.MemoryRegistered).Should().Be(before + 1000);
        world.Metrics.Read(TelemetryNames.Regions).Should().Be(regions + 1);
        registration.Dispose();
        registration.Dispose();
        world.Metrics.Read(TelemetryNames.MemoryDeregistered).Should().Be(1000);
        world.Metrics.Read(TelemetryNames.Regions).Should().Be(regions);
    }

    [Test]
    public async Task QuarantinedTransfer_IsVisible_UntilItsEngineLetsGo()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=Never");
        transfer.PostTimeout = TimeSpan.FromMilliseconds(1);
        transfer.Post();
        world.Metrics.Read(TelemetryNames.TransfersInFlight).Should().Be(1);

        (await transfer.WaitAsync()).Should().Be(NixlStatus.TimedOut);

        world.Metrics.Read(TelemetryNames.TransfersInFlight).Should().Be(0);
        world.Metrics.Read(TelemetryNames.TransfersQuarantined).Should().Be(1);
        world.Metrics.Read(TelemetryNames.QuarantinedBytes).Should().Be(4096);
        world.Metrics.Read(TelemetryNames.Errors, "timed_out").Should().Be(1);
        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck();
        await transfer.WhenQuiescent();
        world.Metrics.Read(TelemetryNames.TransfersQuarantined).Should().Be(0);
        world.Metrics.Read(TelemetryNames.QuarantinedBytes).Should().Be(0);
        world.Metrics.Read(TelemetryNames.Errors, "timed_out").Should().Be(1, "one post is one error");
    }

    [Test]
    public void RefusedPost_IsAnError()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=UntilCanceled");
        transfer.Post();

        transfer.Post().Should().Be(NixlStatus.RepostActive);

        world.Metrics.Read(TelemetryNames.Errors, "repost_active").Should().Be(1);
        transfer.Cancel();
        world.Metrics.Read(TelemetryNames.Errors, "canceled").Should().Be(1);
    }

    [Test]
    public void HeldNotifications_AreVisible()
    {
        using var world = new TelemetryWorld();

        world.Target.SendNotification(world.Agent.Name, "12345"u8);

        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.NotificationsHeld) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue();
        world.Metrics.Read(TelemetryNames.NotificationBytes).Should().Be(world.Target.Name.Length + 5 + 128);
        world.Agent.TryGetNotification(out var notification).Should().BeTrue();
        notification.Dispose();
        world.Metrics.Read(TelemetryNames.NotificationBytes).Should().Be(0);
    }

    [Test]
    public async Task LostPeers_AndRefusedMetadata_AreCounted()
    {
        using var world = new TelemetryWorld();
        world.Metrics.Read(TelemetryNames.Peers).Should().Be(1);
        using var transfer = world.Create("mode=Never");
        var wait = transfer.PostAsync();

        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck(NixlStatus.RemoteDisconnect);
        (await wait).Should().Be(NixlStatus.RemoteDisconnect);

        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.PeersLost) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue();
        world.Metrics.Read(TelemetryNames.Peers).Should().Be(0);
        world.Agent.Invoking(static agent => agent.LoadRemoteMetadata(new byte[] { 1, 2, 3 })).Should().Throw<NixlException>();
        world.Metrics.Read(TelemetryNames.MetadataRefused).Should().Be(1);
    }

    [Test]
    public void EndedAgent_ReportsNothing()
    {
        using var world = new TelemetryWorld();
        world.Metrics.Read(TelemetryNames.Peers).Should().NotBeNull();

        world.Agent.Dispose();

        world.Metrics.Read(TelemetryNames.Peers).Should().BeNull();
    }

    [TestCase("1", true)]
    [TestCase(" Yes ", true)]
    [TestCase("TRUE", true)]
    [TestCase("off", false)]
    [TestCase("2", false)]
    [TestCase("", false)]
    [TestCase(null, false)]
    public void Environment_SwitchesTelemetryOn(string? value, bool expected)
    {
        using var world = new TelemetryWorld(
            new NixlAgentOptions(),
            new EnvironmentSettings(value is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [EnvironmentSettings.TelemetryVariable] = value }));

        world.Agent.HasTelemetry.Should().Be(expected);
    }

    [Test]
    public void Instruments_AreExactlyTheNamedOnes_AndThePageListsThem()
    {
        using var world = new TelemetryWorld();
        var names = typeof(TelemetryNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (string)field.GetRawConstantValue()!).ToList();

        world.Metrics.Instruments.Select(static instrument => instrument.Name).Should().BeEquivalentTo(
            names.Where(static name => name.StartsWith("agent_", StringComparison.Ordinal) && name != TelemetryNames.AgentTag));
        world.Metrics.Instruments.Should().OnlyContain(static instrument => instrument.Unit != null);
        var page = Repository.ReadText("docs/observability.md");
        names.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)).Should().BeEmpty("docs/observability.md lists every name");
        var rows = page.Split('\n').Where(static line => line.StartsWith("| `agent_", StringComparison.Ordinal) || line.StartsWith("| `nixl::", StringComparison.Ordinal)).Select(static line => line.Split('`')[1]);
        rows.Except(names).Should().BeEmpty("docs/observability.md lists no other name");
    }
}
