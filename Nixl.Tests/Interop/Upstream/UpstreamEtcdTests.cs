using FluentAssertions;
using Nixl.Discovery;
using Nixl.Tests.Discovery;
using Nixl.Tests.Discovery.Etcd;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>An agent of upstream's and one of ours whose metadata travels through etcd under upstream's keys, both ways.</summary>
/// <remarks>Upstream's own client of etcd is an option of its build (etcd-cpp-apiv3). What it does to etcd is done here by the test with plain puts and gets, as wire-compatible
/// clients do; the metadata, and what is made of it, are upstream's own.</remarks>
[TestFixture]
[Category("Upstream")]
internal sealed class UpstreamEtcdTests
{
    [OneTimeSetUp]
    public void RequireUpstream() => UpstreamTests.Require();

    [Test]
    public async Task MetadataOfBoth_TravelsUnderUpstreamsKeys_AndBytesFollow()
    {
        using var server = EtcdServer.Start();
        await using var pair = await UpstreamPair.StartAsync("tcp", discovery: new DiscoveryOptions { Store = EtcdWorld.Selection(server.Endpoint), UseEnvironment = false });
        await pair.Agent.PublishMetadataAsync();
        EtcdWorld.Put(server, $"/nixl/agents//{UpstreamPair.Theirs}/", []);
        EtcdWorld.Put(server, $"/nixl/agents//{UpstreamPair.Theirs}/metadata", await pair.Peer.GetLocalMetadataAsync());

        (await pair.Peer.LoadAsync(EtcdWorld.Get(server, $"/nixl/agents//{UpstreamPair.Ours}/metadata")!)).Should().Be((NixlStatus.Success, UpstreamPair.Ours));
        await pair.Agent.WaitForPeerAsync(UpstreamPair.Theirs, StoreWorld.Limit);

        await pair.FillAsync(toPeer: true);
        await pair.Agent.TransferAsync(
            TransferOperation.Write, UpstreamPair.BlocksAt(pair.Memory.Descriptor.Address), UpstreamPair.BlocksAt(pair.Peer.Address), UpstreamPair.Theirs);
        (await pair.FindDifferenceAsync(toPeer: true)).Should().Be(-1);
        await pair.FillAsync(toPeer: false);
        (await pair.Peer.TransferAsync(TransferOperation.Write, UpstreamPair.Ours, 0, pair.Memory.Descriptor.Address, UpstreamPair.Block, UpstreamPair.Blocks, [1]))
            .Should().Be(NixlStatus.Success);
        (await pair.FindDifferenceAsync(toPeer: false)).Should().Be(-1);

        server.Control("del", $"/nixl/agents//{UpstreamPair.Theirs}/", "--prefix"); // as upstream invalidates itself
        StoreWorld.Until(() => pair.Agent.RemoteAgents.Count == 0, "its anchor's deletion is its invalidation");
    }
}
