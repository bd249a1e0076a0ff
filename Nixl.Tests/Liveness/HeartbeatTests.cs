using System.Diagnostics;
using System.Net;
using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Liveness;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using Nixl.Tests.Discovery;
using Nixl.Tests.Discovery.Transcripts;
using NUnit.Framework;

namespace Nixl.Tests.Liveness;

/// <summary>Who is declared dead, and who is not.</summary>
public sealed class HeartbeatTests
{
    private const int IntervalMs = 100;

    private readonly List<IDisposable> _ends = [];

    [TearDown]
    public void End()
    {
        _ends.ForEach(static end => end.Dispose());
        _ends.Clear();
    }

    [Test]
    public void AKilledPeer_IsDropped()
    {
        var (watcher, peer) = Watched();

        peer.Die();

        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "its listener is gone, and its heartbeats are missed");
        StoreWorld.Until(() => watcher.GetHealth().Reasons.Count(static reason => reason.Contains("lost", StringComparison.Ordinal)) == 1, "it is counted after it is dropped");
    }

    [Test]
    public void ASilentPeer_WhoseConnectionStands_IsNotDropped()
    {
        var (watcher, peer) = Watched();

        WaitFor(20 * IntervalMs);

        watcher.RemoteAgents.Should().Equal(peer.Name);
        watcher.Peers.Single().HasHeartbeat.Should().BeFalse("its silence is seen");
        Listening(() => watcher.Peers.Single().HasHeartbeat, peer, "and its next heartbeat, too");
    }

    [Test]
    public void APeerWhoseConnectionBreaks_AndComesBack_IsNotDropped()
    {
        var (watcher, peer) = Watched();

        for (var i = 0; i < 5; i++)
        {
            peer.Cut();
            StoreWorld.Until(() => peer.Connections > 0, "the watcher connects again");
            Listening(() => watcher.Peers.Single().HasHeartbeat, peer, "heartbeats arrive");
        }

        watcher.RemoteAgents.Should().Equal(peer.Name);
    }

    [Test]
    public void AnotherIncarnationAtItsAddress_MeansThatThePeerIsGone()
    {
        var (watcher, peer) = Watched();

        peer.Beat(incarnation: Guid.NewGuid());

        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "the process that was there is not there any more");
    }

    [Test]
    public void AFarewell_DropsAtOnce_AndTheEndOfHeartbeatsDropsNobody()
    {
        var (watcher, leaving) = Watched();
        leaving.Beat(HeartbeatKind.Leaving);
        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "it said so");

        var ceasing = Watch(watcher);
        ceasing.Beat(HeartbeatKind.Ceasing);
        StoreWorld.Until(() => watcher.WatchedPeers == 0, "it is watched no more");
        ceasing.Die();
        WaitFor(5 * IntervalMs);
        watcher.RemoteAgents.Should().Equal(ceasing.Name);
    }

    [Test]
    public void APeerThatAnnouncedNone_OrWhoseListenerWasNeverReached_IsNotDropped()
    {
        var watcher = NewAgent("watcher");
        var upstream = NewAgent("quiet", options => new NixlAgentOptions { MetadataExtensions = false });
        watcher.LoadRemoteMetadata(upstream.GetLocalMetadata());
        var unreachable = new BeatingPeer(StoreWorld.NewName("unreachable"), IntervalMs);
        _ends.Add(unreachable);
        unreachable.Die();
        watcher.LoadRemoteMetadata(unreachable.Metadata());

        WaitFor(10 * IntervalMs);

        watcher.RemoteAgents.Should().BeEquivalentTo(upstream.Name, unreachable.Name);
    }

    [TestCase(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 })]
    [TestCase(new byte[] { 4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4 })]
    public void NoiseInsteadOfHeartbeats_DropsNobody_AndIsNotListenedTo(byte[] noise)
    {
        var (watcher, peer) = Watched();

        peer.SendRaw(noise);

        WaitFor(5 * IntervalMs);
        watcher.RemoteAgents.Should().Equal(peer.Name);
        StoreWorld.Until(() => peer.Connections > 0, "there is a connection");
        Listening(() => watcher.Peers.Single().HasHeartbeat, peer, "a new connection is read");
    }

    [Test]
    public void HeartbeatsOfAnotherVersion_AreSaidOnce_AndDropNobody()
    {
        using var log = new ConcurrentLog();
        var watcher = NewAgent("watcher", options => new NixlAgentOptions { Discovery = options.Discovery, DrainTimeout = options.DrainTimeout, LoggerFactory = log });
        var peer = new BeatingPeer(StoreWorld.NewName("peer"), IntervalMs);
        _ends.Add(peer);
        watcher.LoadRemoteMetadata(peer.Metadata());
        StoreWorld.Until(() => peer.Connections > 0, "the watcher asks for heartbeats");
        var later = Transcript.Read("heartbeat-1.txt")["later-only"];

        StoreWorld.Until(
            () =>
            {
                peer.SendRaw(later);
                return log.Texts.Any(static text => text.Contains("of a version that is not spoken here", StringComparison.Ordinal));
            },
            "it is said");
        for (var i = 0; i < 10; i++)
        {
            peer.SendRaw(later);
        }

        peer.Die();
        WaitFor(5 * IntervalMs);
        watcher.RemoteAgents.Should().Equal(peer.Name);
        log.Texts.Count(static text => text.Contains("of a version that is not spoken here", StringComparison.Ordinal)).Should().Be(1);
    }

    [Test]
    public async Task TwoAgents_RefreshWhatTheyKnow_ByHeartbeats_WithoutAStore()
    {
        var owner = NewAgent("owner", listens: true);
        var reader = NewAgent("reader", listens: true);
        await reader.FetchRemoteMetadataAsync(owner.ListenEndPoint!);

        using var buffer = new LocalBuffer(owner, 4096);
        var list = new DescriptorList(MemoryType.Dram, [buffer.Descriptor]);
        var registration = owner.Register(list);
        StoreWorld.Until(() => reader.CheckRemoteMetadata(owner.Name, list), "a new region reaches who loaded before");
        owner.Deregister(registration);
        StoreWorld.Until(() => !reader.CheckRemoteMetadata(owner.Name, list), "and one that is gone goes");

        await owner.DisposeAsync();
        StoreWorld.Until(() => reader.RemoteAgents.Count == 0, "an agent that ends says so");
    }

    [Test]
    public async Task ADrainingAgent_KeepsItsPeers()
    {
        var owner = NewAgent("owner", listens: true);
        var reader = NewAgent("reader", listens: true);
        await reader.FetchRemoteMetadataAsync(owner.ListenEndPoint!);
        StoreWorld.Until(() => reader.Peers.Single().HasHeartbeat, "heartbeats arrive");

        await owner.DrainAsync(TimeSpan.Zero);

        WaitFor(6 * IntervalMs);
        reader.RemoteAgents.Should().Equal(owner.Name);
    }

    [Test]
    public void TheMessage_IsAsWrittenDown()
    {
        var frame = new Heartbeat(HeartbeatKind.Beat, new Guid("00112233-4455-6677-8899-aabbccddeeff"), 0x0102, 1000).ToFrame();

        // Recorded when the protocol was made. A release that cannot read it cannot talk to the one that wrote it.
        Convert.ToHexString(frame).Should().Be(
            "3D000000000000004E49584C434F4D4D3A42454154"
            + "4E584842010001000000000000000000" + "02000000E8030000" + "00112233445566778899AABBCCDDEEFF" + "0201000000000000");
        Heartbeat.TryDecode(frame.AsSpan(21), out var read).Should().BeTrue();
        read.Should().Be(new Heartbeat(HeartbeatKind.Beat, new Guid("00112233-4455-6677-8899-aabbccddeeff"), 0x0102, 1000));
    }

    [Test]
    public void DamagedMessages_AreRefused()
    {
        var payload = new Heartbeat(HeartbeatKind.Beat, Guid.NewGuid(), 1, 1000).ToFrame()[21..];
        for (var length = 0; length < payload.Length; length++)
        {
            Heartbeat.TryDecode(payload.AsSpan(0, length), out _).Should().BeFalse();
        }

        foreach (var (offset, value) in new[] { (0, 0), (4, 9), (6, 0), (16, 77), (23, 0x80) })
        {
            var bad = payload.ToArray();
            bad[offset] = (byte)value;
            Heartbeat.TryDecode(bad, out _).Should().BeFalse($"byte {offset}");
        }
    }

    private NixlAgent NewAgent(string role, Func<NixlAgentOptions, NixlAgentOptions>? change = null, bool listens = false)
    {
        var options = new NixlAgentOptions
        {
            ListenEndPoint = listens ? new IPEndPoint(IPAddress.Loopback, 0) : null,
            Discovery = new DiscoveryOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(IntervalMs) },
            DrainTimeout = TimeSpan.FromMilliseconds(200),
        };
        options = change?.Invoke(options) ?? options;
        new InMemoryHarness().AddTo(options.Backends);
        var agent = new NixlAgent(StoreWorld.NewName(role), options, new EnvironmentSettings(new Dictionary<string, string>()));
        _ends.Add(agent);
        return agent;
    }

    private (NixlAgent Watcher, BeatingPeer Peer) Watched()
    {
        var watcher = NewAgent("watcher");
        return (watcher, Watch(watcher));
    }

    private BeatingPeer Watch(NixlAgent watcher)
    {
        var peer = new BeatingPeer(StoreWorld.NewName("peer"), IntervalMs);
        _ends.Add(peer);
        watcher.LoadRemoteMetadata(peer.Metadata());
        StoreWorld.Until(() => peer.Connections > 0, "the watcher asks for heartbeats");
        Listening(() => watcher.Peers.Single().HasHeartbeat, peer, "heartbeats arrive");
        return peer;
    }

    private static void Listening(Func<bool> condition, BeatingPeer peer, string because) => StoreWorld.Until(
        () =>
        {
            peer.Beat();
            return condition();
        },
        because);

    /// <summary>Lets time pass in which something must not happen.</summary>
    private static void WaitFor(int milliseconds)
    {
        var start = Stopwatch.StartNew();
        SpinWait.SpinUntil(() => start.ElapsedMilliseconds >= milliseconds);
    }
}
