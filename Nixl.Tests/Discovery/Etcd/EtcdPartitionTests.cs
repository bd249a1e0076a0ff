using System.Diagnostics;
using System.Net;
using FluentAssertions;
using Nixl.Discovery;
using Nixl.Tests.Conformance;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>Agents that are cut off from etcd but not from each other, and many agents that come and go.</summary>
public sealed class EtcdPartitionTests : EtcdFixture
{
    [Test]
    public async Task AnAgentThatIsCutOffForThreeLeases_LosesNoTransfer_AndNoPeer()
    {
        var name = EtcdWorld.NewNamespace();
        using var relay = new CuttableRelay(IPEndPoint.Parse(new Uri(Server.Endpoint).Authority));
        await using var near = new StoreWorld(EtcdWorld.Selection(Server.Endpoint, ("namespace", name)));
        await using var far = new StoreWorld(EtcdWorld.Selection(relay.Endpoint, ("namespace", name)));
        static DiscoveryOptions ShortLease(DiscoveryOptions options) => options with { PresenceLease = TimeSpan.FromSeconds(1) };
        NixlAgent[] others = [near.AddAgent("near", listens: true, change: ShortLease), near.AddAgent("near", listens: true, change: ShortLease)];
        var cut = far.AddAgent("far", listens: true, change: ShortLease);
        var local = far.AddBuffer(cut);
        var remotes = Array.ConvertAll(others, agent => near.AddBuffer(agent, seed: 5));
        await WaitUntilReadyAsync(cut, others, remotes);
        var anchor = $"{name}/{cut.Name}/";

        relay.Cut();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(3.5))
        {
            await StoreWorld.RequireReadAsync(cut, local, others[0], remotes[0]);
            await StoreWorld.RequireReadAsync(cut, local, others[1], remotes[1]);
            await Task.Delay(20);
        }

        StoreWorld.Until(() => others[0].Peers.Single(peer => peer.Name == cut.Name).State == PeerState.Suspect, "its lease is over");
        Array.TrueForAll(others, agent => agent.RemoteAgents.Contains(cut.Name)).Should().BeTrue("its heartbeats still arrive");
        Server.Keys(anchor).Should().Contain(anchor, "upstream's watchers are told nothing");

        relay.Heal();
        StoreWorld.Until(() => others[0].Peers.Single(peer => peer.Name == cut.Name).State == PeerState.Present, "it holds its name again");
        var added = far.AddBuffer(cut);
        StoreWorld.Until(() => others[1].CheckRemoteMetadata(cut.Name, new DescriptorList(MemoryType.Dram, [added.Descriptor])), "and publishes again");
        await StoreWorld.RequireReadAsync(cut, local, others[0], remotes[0]);
    }

    [TestCase(10, 1)]
    [TestCase(50, 2, Category = "Soak")]
    public async Task ManyAgents_JoinAndLeave_WhileOthersTransfer_AndTheInventoryIsExact(int count, int rounds)
    {
        var selection = EtcdWorld.Selection(Server.Endpoint, ("namespace", EtcdWorld.NewNamespace()));
        await using var world = new StoreWorld(selection);
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");
        var local = world.AddBuffer(first);
        var remote = world.AddBuffer(second, seed: 6);
        await WaitUntilReadyAsync(first, [second], [remote]);
        using var end = new CancellationTokenSource();
        var transferring = Task.Run(async () =>
        {
            var transfers = 0;
            for (; !end.IsCancellationRequested; transfers++)
            {
                await StoreWorld.RequireReadAsync(first, local, second, remote);
            }

            return transfers;
        });

        for (var round = 0; round < rounds; round++)
        {
            await using var crowd = new StoreWorld(selection);
            var agents = Enumerable.Range(0, count).Select(_ => crowd.AddAgent("crowd")).ToList();
            foreach (var agent in agents)
            {
                await first.WaitForPeerAsync(agent.Name, TimeSpan.FromMinutes(2));
            }

            (await first.ListPeersAsync()).Should().HaveCount(count + 2);
            await Task.WhenAll(agents.Take(count / 2).Select(static agent => agent.DisposeAsync().AsTask()));
            StoreWorld.Until(() => first.RemoteAgents.Count == 1 + count - (count / 2), "who left is gone");
        }

        StoreWorld.Until(() => first.RemoteAgents.Count == 1 && second.RemoteAgents.Count == 1, "nothing of them is left");
        (await first.ListPeersAsync()).Select(static entry => entry.Agent).Should().BeEquivalentTo(first.Name, second.Name);
        await end.CancelAsync();
        (await transferring).Should().BePositive();
        (first.OpenTransfers, second.OpenTransfers).Should().Be((0, 0));
    }

    private static async Task WaitUntilReadyAsync(NixlAgent reader, NixlAgent[] owners, GuardedBuffer[] remotes)
    {
        for (var i = 0; i < owners.Length; i++)
        {
            var (owner, list) = (owners[i], new DescriptorList(MemoryType.Dram, [remotes[i].Descriptor]));
            await reader.WaitForPeerAsync(owner.Name, StoreWorld.Limit);
            await owner.WaitForPeerAsync(reader.Name, StoreWorld.Limit);
            StoreWorld.Until(() => reader.CheckRemoteMetadata(owner.Name, list), "the region is published");
            StoreWorld.Until(() => owner.ListenEndPoint is null || owner.Peers.First(peer => peer.Name == reader.Name).HasHeartbeat, "heartbeats arrive");
        }
    }
}
