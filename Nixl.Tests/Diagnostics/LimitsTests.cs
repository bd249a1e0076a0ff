using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Liveness;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

/// <summary>Each limit refuses with an error that names it, and counts what it refused.</summary>
public sealed class LimitsTests
{
    [Test]
    public void Peers()
    {
        using var world = Create(new LimitsOptions { RemoteAgentsMax = 1 });
        using var third = new TelemetryWorld();

        var refusal = Refusal(world, agent => agent.LoadRemoteMetadata(third.Agent.GetLocalMetadata()));

        RequireLimit(world, refusal, nameof(LimitsOptions.RemoteAgentsMax), 1);
        refusal.Peer.Should().Be(third.Agent.Name);
        world.Agent.RemoteAgents.Should().Equal(world.Target.Name);
    }

    [Test]
    public void RegionsPerPeer_LeavingWhatIsKnown()
    {
        using var world = Create(new LimitsOptions { RegionsPerPeerMax = 2 });
        var known = world.Metrics.Read(TelemetryNames.RemoteRegions);
        using var one = world.Target.Register(new byte[64]);
        using var two = world.Target.Register(new byte[64]);

        var refusal = Refusal(world, agent => agent.LoadRemoteMetadata(world.Target.GetLocalMetadata()));

        RequireLimit(world, refusal, nameof(LimitsOptions.RegionsPerPeerMax), 2);
        world.Agent.CheckRemoteMetadata(world.Target.Name, new DescriptorList(MemoryType.Dram, [world.Destination.Descriptor])).Should().BeTrue();
        two.Dispose();
        world.Agent.LoadRemoteMetadata(world.Target.GetLocalMetadata());
        world.Metrics.Read(TelemetryNames.RemoteRegions).Should().Be(known + 1);
    }

    [Test]
    public void RegionsPerPeer_OfPartialMetadata_CountsWhatIsThere()
    {
        using var world = Create(new LimitsOptions { RegionsPerPeerMax = 2 });
        using var one = world.Target.Register(new byte[64]);
        using var two = world.Target.Register(new byte[64]);

        world.Agent.LoadRemoteMetadata(world.Target.GetLocalPartialMetadata(one.ToDescriptors()));
        world.Agent.LoadRemoteMetadata(world.Target.GetLocalPartialMetadata(one.ToDescriptors()));
        var refusal = Refusal(world, agent => agent.LoadRemoteMetadata(world.Target.GetLocalPartialMetadata(two.ToDescriptors())));

        RequireLimit(world, refusal, nameof(LimitsOptions.RegionsPerPeerMax), 2);
    }

    [Test]
    public void MetadataBytes_LoadedAndExported()
    {
        using var world = Create(new LimitsOptions { MetadataBytesMax = 1000 });

        RequireLimit(world, Refusal(world, static agent => agent.LoadRemoteMetadata(new byte[1001])), nameof(LimitsOptions.MetadataBytesMax), 1000);

        var registrations = Enumerable.Range(0, 20).Select(_ => world.Agent.Register(new byte[64])).ToList();
        RequireLimit(world, Refusal(world, static agent => agent.GetLocalMetadata()), nameof(LimitsOptions.MetadataBytesMax), 1000, count: 2);
        registrations.ForEach(static registration => registration.Dispose());
    }

    [Test]
    public void Transfers()
    {
        using var world = Create(new LimitsOptions { TransfersMax = 2 });
        using var first = world.Create();
        using (world.Create())
        {
            var refusal = Refusal(world, _ => world.Create());
            RequireLimit(world, refusal, nameof(LimitsOptions.TransfersMax), 2);
            (refusal.Operation, refusal.Peer).Should().Be(("CreateTransfer", world.Target.Name));

            using var local = world.Agent.PrepareDescriptors(NixlAgent.LocalSide, new DescriptorList(MemoryType.Dram, [world.Source.Descriptor]));
            using var remote = world.Agent.PrepareDescriptors(world.Target.Name, new DescriptorList(MemoryType.Dram, [world.Destination.Descriptor]));
            Refusal(world, agent => agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0])).Operation.Should().Be("MakeTransfer");
        }

        world.Create().Dispose();
    }

    [Test]
    public async Task QuarantinedBytes()
    {
        using var world = Create(new LimitsOptions { QuarantinedBytesMax = 4095 });
        using var transfer = world.Create("mode=Never");
        transfer.PostTimeout = TimeSpan.FromMilliseconds(1);
        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        RequireLimit(world, Refusal(world, _ => world.Create()), nameof(LimitsOptions.QuarantinedBytesMax), 4095);

        InMemoryFabric.OfAgent(world.Agent.Name).FinishStuck();
        await transfer.WhenQuiescent();
        world.Create().Dispose();
    }

    [TestCase(nameof(LimitsOptions.NotificationBytesMax))]
    [TestCase(nameof(LimitsOptions.NotificationBytesPerPeerMax))]
    public void NotificationBytes_DisconnectTheSender(string limit)
    {
        using var world = Create(limit == nameof(LimitsOptions.NotificationBytesMax)
            ? new LimitsOptions { NotificationBytesMax = 1000 }
            : new LimitsOptions { NotificationBytesPerPeerMax = 1000 });

        world.Target.SendNotification(world.Agent.Name, new byte[700]);
        world.Target.SendNotification(world.Agent.Name, new byte[700]);

        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.LimitRefusals, limit) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue();
        SpinWait.SpinUntil(() => !world.Agent.CheckRemoteMetadata(world.Target.Name), TimeSpan.FromSeconds(10)).Should().BeTrue("the sender is disconnected");
        world.Metrics.Read(TelemetryNames.NotificationsHeld).Should().Be(1);
    }

    [Test]
    public void ListenerConnections()
    {
        using var world = new TelemetryWorld(new NixlAgentOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Limits = new LimitsOptions { ListenerConnectionsMax = 1 },
            Discovery = new DiscoveryOptions { HeartbeatInterval = TimeSpan.Zero }, // the target would take the connection to listen for them
        });
        using var first = Connect(world.Agent);
        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.ListenerConnections) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue();

        using var second = Connect(world.Agent);

        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.LimitRefusals, nameof(LimitsOptions.ListenerConnectionsMax)) == 1, TimeSpan.FromSeconds(10))
            .Should().BeTrue();
    }

    [Test]
    public void AThousandSilentConnections_TakeNothingFromThoseWhoAreServed()
    {
        using var world = new TelemetryWorld(new NixlAgentOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Discovery = new DiscoveryOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(50) },
        });
        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.HeartbeatReceivers) == 1, TimeSpan.FromSeconds(10)).Should().BeTrue("the target listens for heartbeats");
        var strangers = Enumerable.Range(0, 1000).Select(_ => Connect(world.Agent)).ToList();
        try
        {
            var refused = () => world.Metrics.Read(TelemetryNames.LimitRefusals, nameof(LimitsOptions.ListenerConnectionsMax));
            SpinWait.SpinUntil(() => refused() >= 1000 - 256, TimeSpan.FromSeconds(20)).Should().BeTrue("no more than the limit are served");
            world.Metrics.Read(TelemetryNames.ListenerConnections).Should().BeLessThanOrEqualTo(256 + 1);
            world.Target.Peers.Single(peer => peer.Name == world.Agent.Name).HasHeartbeat.Should().BeTrue("its heartbeats go on");
        }
        finally
        {
            strangers.ForEach(static stranger => stranger.Dispose());
        }

        SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.ListenerConnections) == 1, TimeSpan.FromSeconds(20)).Should().BeTrue("nothing of them is left");
        using var later = new TelemetryWorld();
        later.Agent.FetchRemoteMetadataAsync(world.Agent.ListenEndPoint!).GetAwaiter().GetResult().Should().Be(world.Agent.Name);
    }

    [Test]
    public void HeartbeatReceivers_WhoseConnectionsCountByThemselves()
    {
        const int Receivers = 300; // more than the connections that the listener takes otherwise
        using var world = new TelemetryWorld(new NixlAgentOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Limits = new LimitsOptions { HeartbeatReceiversMax = Receivers },
            Discovery = new DiscoveryOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(50) },
        });
        var request = new Heartbeat(HeartbeatKind.Subscribe, Guid.NewGuid(), 0, 50).ToFrame();
        var sockets = new List<Socket>();
        try
        {
            // One after the other is heard before the next comes: at one moment only so many may be strangers.
            while (world.Metrics.Read(TelemetryNames.HeartbeatReceivers) < Receivers)
            {
                sockets.Add(Connect(world.Agent));
                sockets[^1].ReceiveTimeout = 10_000;
                sockets[^1].Send(request);
                sockets[^1].Receive(new byte[1]).Should().Be(1, "a heartbeat comes");
            }

            sockets.Add(Connect(world.Agent));
            sockets[^1].ReceiveTimeout = 10_000;
            sockets[^1].Send(request);
            var answer = new byte[Heartbeat.FrameBytes];
            for (var filled = 0; filled < answer.Length;)
            {
                var read = sockets[^1].Receive(answer, filled, answer.Length - filled, SocketFlags.None);
                read.Should().BePositive("it is answered");
                filled += read;
            }

            Heartbeat.TryDecode(answer.AsSpan(^Heartbeat.PayloadBytes..), out var word).Should().BeTrue();
            word.Kind.Should().Be(HeartbeatKind.Ceasing, "it must not take the end of the connection for the agent's");
            sockets[^1].Receive(new byte[1]).Should().Be(0);
            SpinWait.SpinUntil(() => world.Metrics.Read(TelemetryNames.LimitRefusals, nameof(LimitsOptions.HeartbeatReceiversMax)) >= 1, TimeSpan.FromSeconds(10)).Should().BeTrue();
            using var other = new TelemetryWorld();
            other.Agent.FetchRemoteMetadataAsync(world.Agent.ListenEndPoint!).GetAwaiter().GetResult().Should().Be(world.Agent.Name, "there is room for others");
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    [Test]
    public void NegativeValues_AreRefused()
    {
        LimitsOptions[] wrong =
        [
            new() { MetadataBytesMax = -1 }, new() { RemoteAgentsMax = -1 }, new() { RegionsPerPeerMax = -1 }, new() { TransfersMax = -1 },
            new() { QuarantinedBytesMax = -1 }, new() { NotificationBytesMax = -1 }, new() { NotificationBytesPerPeerMax = -1 }, new() { ListenerConnectionsMax = -1 },
            new() { BounceBytesMax = -1 }, new() { HeartbeatReceiversMax = -1 },
        ];

        foreach (var limits in wrong)
        {
            var create = () => new NixlAgent("wrong", new NixlAgentOptions { CreateDefaultBackends = false, Limits = limits });
            create.Should().Throw<ArgumentException>().WithMessage("*LimitsOptions.*");
        }

        wrong.Should().HaveCount(typeof(LimitsOptions).GetProperties().Length);
    }

    private static TelemetryWorld Create(LimitsOptions limits) => new(new NixlAgentOptions { Limits = limits, DrainTimeout = TimeSpan.FromMilliseconds(30) });

    private static Socket Connect(NixlAgent agent)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(agent.ListenEndPoint!);
        return socket;
    }

    private static NixlException Refusal(TelemetryWorld world, Action<NixlAgent> action) => world.Agent.Invoking(action).Should().Throw<NixlException>().Which;

    private static void RequireLimit(TelemetryWorld world, NixlException refusal, string limit, long value, int count = 1)
    {
        (refusal.Status, refusal.Agent, refusal.Limit, refusal.LimitValue).Should().Be((NixlStatus.NotAllowed, world.Agent.Name, limit, value));
        refusal.Message.Should().Contain($"[limit {limit} = {value}]").And.Contain($"raise Limits.{limit}");
        world.Metrics.Read(TelemetryNames.LimitRefusals, limit).Should().Be(count);
    }
}
