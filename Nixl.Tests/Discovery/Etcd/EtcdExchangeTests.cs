using FluentAssertions;
using Nixl.Discovery;
using Nixl.Metadata;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>Agents that share only an etcd, and what etcd's own tool sees of them.</summary>
public sealed class EtcdExchangeTests : EtcdFixture
{
    private string _namespace = "";
    private StoreWorld _world = null!;

    [SetUp]
    public void Create()
    {
        _namespace = EtcdWorld.NewNamespace();
        _world = new StoreWorld(EtcdWorld.Selection(Server.Endpoint, ("namespace", _namespace)));
    }

    [TearDown]
    public async Task End() => await _world.DisposeAsync();

    [Test]
    public async Task Keys_AreUpstreams_WithPresenceBeside()
    {
        var agent = _world.AddAgent("a", DiscoveryMode.Manual);
        await agent.PublishMetadataAsync();

        Server.Keys(_namespace.TrimEnd('/')).Should().BeEquivalentTo(
            $"{_namespace}/{agent.Name}/", $"{_namespace}/{agent.Name}/metadata", $"{_namespace.TrimEnd('/')}.net//{agent.Name}");
        EtcdWorld.Get(Server, $"{_namespace}/{agent.Name}/").Should().BeEmpty("the anchor holds nothing");
        AgentMetadataCodec.TryDecode(EtcdWorld.Get(Server, $"{_namespace}/{agent.Name}/metadata"), MetadataLimits.Default, out var metadata, out _).Should().BeTrue();
        metadata!.AgentName.Should().Be(agent.Name);

        await agent.WithdrawMetadataAsync();
        Server.Keys($"{_namespace}/").Should().BeEmpty("one deletion takes anchor and labels");
    }

    [Test]
    public async Task Agents_FindEachOther_AndTransfer()
    {
        var first = _world.AddAgent("first");
        var second = _world.AddAgent("second");
        var local = _world.AddBuffer(first);
        var remote = _world.AddBuffer(second, seed: 7);

        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        await second.WaitForPeerAsync(first.Name, StoreWorld.Limit);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [remote.Descriptor])), "the region is published");
        await StoreWorld.RequireReadAsync(first, local, second, remote);

        first.Peers.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Name = second.Name, State = PeerState.Present, IsLoaded = true });
        (await first.ListPeersAsync()).Select(static entry => entry.Agent).Should().BeEquivalentTo(first.Name, second.Name);
    }

    [Test]
    public async Task NewRegions_ReachPeersThatLoadedBefore_AndGoneOnesGo()
    {
        var reader = _world.AddAgent("reader", DiscoveryMode.Manual);
        var owner = _world.AddAgent("owner", DiscoveryMode.Manual);
        await owner.PublishMetadataAsync();
        await reader.FetchPeerAsync(owner.Name);

        var added = _world.AddBuffer(owner);
        var list = new DescriptorList(MemoryType.Dram, [added.Descriptor]);
        StoreWorld.Until(() => reader.CheckRemoteMetadata(owner.Name, list), "what is registered later is published and loaded");

        owner.Deregister(added.Registration!);
        StoreWorld.Until(() => !reader.CheckRemoteMetadata(owner.Name, list), "and what is deregistered goes");
        reader.CheckRemoteMetadata(owner.Name).Should().BeTrue();
    }

    [Test]
    public async Task Withdrawal_AndTheEnd_ReachPeers()
    {
        var watcher = _world.AddAgent("watcher");
        var first = _world.AddAgent("first");
        var second = _world.AddAgent("second");
        await watcher.WaitForPeerAsync(first.Name, StoreWorld.Limit);
        await watcher.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        var left = StoreWorld.UntilChangeAsync(watcher, PeerChangeKind.Left, first.Name);

        await first.WithdrawMetadataAsync();
        (await left).Reason.Should().Be("it left");
        watcher.RemoteAgents.Should().Equal(second.Name);

        await second.DisposeAsync();
        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0 && watcher.Peers.Count == 0, "an agent that ends is gone at once");
    }

    [Test]
    public async Task AnEvictedAgent_IsGoneEverywhere_AndDoesNotComeBackByItself()
    {
        var watcher = _world.AddAgent("watcher");
        var victim = _world.AddAgent("victim");
        await watcher.WaitForPeerAsync(victim.Name, StoreWorld.Limit);

        await watcher.EvictPeerAsync(victim.Name);

        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "whoever loaded it forgets it");
        StoreWorld.Until(() => victim.GetHealth().Reasons.Any(static reason => reason.Contains("evicted", StringComparison.Ordinal)), "it knows");
        _world.AddBuffer(victim);
        var again = () => victim.PublishMetadataAsync();
        (await again.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.NotAllowed);
        EtcdWorld.Get(Server, $"{_namespace}/{victim.Name}/metadata").Should().BeNull();

        await victim.DisposeAsync();
        _world.AddAgent(victim.Name, isNamed: true);
        await watcher.WaitForPeerAsync(victim.Name, StoreWorld.Limit);
    }

    [Test]
    public async Task AnAgentOfUpstream_IsFound_Loaded_Updated_AndInvalidatedByItsAnchor()
    {
        var reader = _world.AddAgent("reader");
        await using var upstream = new UpstreamStandIn(_world);
        EtcdWorld.Put(Server, $"{_namespace}/{upstream.Name}/", []);
        EtcdWorld.Put(Server, $"{_namespace}/{upstream.Name}/metadata", upstream.Metadata());
        await reader.WaitForPeerAsync(upstream.Name, StoreWorld.Limit);

        var list = upstream.Register();
        EtcdWorld.Put(Server, $"{_namespace}/{upstream.Name}/metadata", upstream.Metadata());
        StoreWorld.Until(() => reader.CheckRemoteMetadata(upstream.Name, list), "what it writes anew is loaded");

        Server.Control("del", $"{_namespace}/{upstream.Name}/", "--prefix");
        StoreWorld.Until(() => reader.RemoteAgents.Count == 0 && reader.Peers.Count == 0, "the anchor's deletion invalidates");
    }

    [Test]
    public async Task Labels_AreKeysOfTheirOwn()
    {
        var owner = _world.AddAgent("owner", DiscoveryMode.Manual);
        var reader = _world.AddAgent("reader", DiscoveryMode.Manual);
        var part = _world.AddBuffer(owner);
        _world.AddBuffer(owner);

        await owner.PublishPartialMetadataAsync("kv", part.Registration!.ToDescriptors(), includeConnectionInfo: true);
        await reader.FetchPeerAsync(owner.Name, "kv");

        reader.CheckRemoteMetadata(owner.Name, part.Registration.ToDescriptors()).Should().BeTrue();
        Server.Keys($"{_namespace}/{owner.Name}/").Should().Contain($"{_namespace}/{owner.Name}/kv");
    }

    [Test]
    public async Task MetadataThatIsTooLarge_IsRefusedWithTheWaysOut_OrSplit()
    {
        var owner = _world.AddAgent("owner", DiscoveryMode.Manual);
        RegisterMany(owner);
        var publish = () => owner.PublishMetadataAsync();
        var refusal = (await publish.Should().ThrowAsync<NixlException>()).Which;
        refusal.Status.Should().Be(NixlStatus.NotAllowed);
        refusal.Message.Should().Contain("60000 regions").And.Contain("1,572,864").And.Contain("AllowSplit");
        EtcdWorld.Get(Server, $"{_namespace}/{owner.Name}/metadata").Should().BeNull("no part of it is left");

        var split = _world.AddAgent("split", DiscoveryMode.Manual, change: static options => options with { AllowSplit = true });
        RegisterMany(split);
        await split.PublishMetadataAsync();
        EtcdWorld.Get(Server, $"{_namespace}/{split.Name}/metadata").Should().BeEmpty("upstream finds nothing rather than a part");
        _world.Log.Texts.Should().Contain(static text => text.Contains("parts of etcd", StringComparison.Ordinal));
        var reader = _world.AddAgent("reader", DiscoveryMode.Manual);
        await reader.FetchPeerAsync(split.Name);
        reader.RemoteRegionCount.Should().Be(60_000);
    }

    [TestCase("a/b")]
    public async Task ANameThatIsNoKey_IsRefused(string name)
    {
        var agent = _world.AddAgent(name, DiscoveryMode.Manual, isNamed: true);

        var publish = () => agent.PublishMetadataAsync();

        (await publish.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public async Task TwoAgentsOfOneName_TheSecondIsRefused_WithTheAddressOfTheFirst()
    {
        var first = _world.AddAgent("twin", DiscoveryMode.Manual, listens: true);
        await first.PublishMetadataAsync();
        var second = _world.AddAgent(first.Name, DiscoveryMode.Manual, isNamed: true);

        var publish = () => second.PublishMetadataAsync();

        (await publish.Should().ThrowAsync<NixlException>()).Which.Message.Should().Contain(first.ListenEndPoint!.ToString());
    }

    private static void RegisterMany(NixlAgent agent)
    {
        var buffer = agent.AllocateMemory(60_000 * 64);
        var start = buffer.Descriptor.Address;
        agent.Register(new DescriptorList(MemoryType.Dram, [.. Enumerable.Range(0, 60_000).Select(i => new MemoryDescriptor(start + ((ulong)i * 64), 64))]));
    }
}
