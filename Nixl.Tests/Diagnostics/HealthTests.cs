using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

public sealed class HealthTests
{
    [Test]
    public void Agent_ThatWorks_IsReady_AndNotDegraded()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create();
        TelemetryWorld.Run(transfer).Should().Be(NixlStatus.Success);

        var health = world.Agent.GetHealth();

        (health.IsLive, health.IsReady, health.IsDegraded).Should().Be((true, true, false), "{0}", string.Join(' ', health.Reasons));
    }

    [Test]
    public void Agent_WithoutBackend_IsLive_ButNotReady()
    {
        using var agent = new NixlAgent("bare", new NixlAgentOptions { CreateDefaultBackends = false });

        var health = agent.GetHealth();

        (health.IsLive, health.IsReady).Should().Be((true, false));
        health.Reasons.Should().Equal("The agent has no backend.");
    }

    [Test]
    public void DisposedAgent_IsNotLive()
    {
        using var world = new TelemetryWorld();
        world.Agent.Dispose();

        var health = world.Agent.GetHealth();

        (health.IsLive, health.IsReady).Should().Be((false, false));
        health.Reasons.Should().Equal("The agent is disposed.");
    }

    [Test]
    public async Task QuarantinedTransfer_Degrades_UntilItsEngineLetsGo()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=Never");
        transfer.PostTimeout = TimeSpan.FromMilliseconds(1);
        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        world.Agent.GetHealth().Reasons.Should().ContainSingle().Which.Should().StartWith("1 transfers over 4096 bytes ended while");
        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck();
        await transfer.WhenQuiescent();
        world.Agent.GetHealth().IsDegraded.Should().BeFalse();
    }

    [Test]
    public void UnreadNotifications_Degrade_AboveHalfOfTheLimit()
    {
        using var world = new TelemetryWorld(new NixlAgentOptions { Limits = new LimitsOptions { NotificationBytesMax = 1000 } });

        world.Target.SendNotification(world.Agent.Name, new byte[600]);

        SpinWait.SpinUntil(() => world.Agent.GetHealth().IsDegraded, TimeSpan.FromSeconds(10)).Should().BeTrue();
        world.Agent.GetHealth().Reasons.Should().ContainSingle().Which.Should().StartWith("1 notifications of");
        world.Agent.TryGetNotification(out var notification);
        notification.Dispose();
        world.Agent.GetHealth().IsDegraded.Should().BeFalse();
    }

    [Test]
    public void RefusedCompletions_Degrade()
    {
        var options = new NixlAgentOptions();
        new InMemoryHarness { Defect = EngineDefect.CompletesTwice }.AddTo(options.Backends);
        using var world = new TelemetryWorld(options);
        using var transfer = world.Create();

        TelemetryWorld.Run(transfer);

        SpinWait.SpinUntil(() => world.Agent.GetHealth().IsDegraded, TimeSpan.FromSeconds(10)).Should().BeTrue();
        world.Agent.GetHealth().Reasons.Should().ContainSingle().Which.Should().Contain("an engine has a defect");
        world.Metrics.Read(TelemetryNames.CompletionsRefused).Should().Be(1);
    }

    [Test]
    public async Task LostPeer_Degrades()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=Never");
        var wait = transfer.PostAsync();
        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck(NixlStatus.RemoteDisconnect);
        await wait;

        SpinWait.SpinUntil(() => world.Agent.GetHealth().IsDegraded, TimeSpan.FromSeconds(10)).Should().BeTrue();
        world.Agent.GetHealth().Reasons.Should().Equal("1 peers were lost so far, the last within a minute.");
    }

    [Test]
    public void StalledProgressThread_Degrades_WhileTransfersAreInFlight()
    {
        using var logger = new BlockingLogger();
        using var world = new TelemetryWorld(new NixlAgentOptions { LoggerFactory = logger, DrainTimeout = TimeSpan.FromMilliseconds(1) });
        using var quarantined = world.Create("mode=Never");
        using var waiting = world.Create("mode=UntilCanceled");
        waiting.Post().Should().Be(NixlStatus.InProgress);
        quarantined.PostTimeout = TimeSpan.FromMilliseconds(1);
        quarantined.Post().Should().Be(NixlStatus.InProgress);

        var isSeen = SpinWait.SpinUntil(
            () => world.Agent.GetHealth().Reasons.Any(static reason => reason.StartsWith("The progress thread", StringComparison.Ordinal)), TimeSpan.FromSeconds(15));

        logger.Open();
        isSeen.Should().BeTrue("the thread sits in the logger");
        SpinWait.SpinUntil(() => !world.Agent.GetHealth().Reasons.Any(static reason => reason.StartsWith("The progress thread", StringComparison.Ordinal)), TimeSpan.FromSeconds(10))
            .Should().BeTrue("it is back");
        waiting.Cancel();
        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck();
    }
}
