using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>Metadata over the listeners: this agent at upstream's, and upstream's at this agent's.</summary>
/// <remarks>Runs as <see cref="UpstreamTests"/> does. Upstream's listener is on every address of the machine while a test runs.</remarks>
[TestFixture]
[Category("Upstream")]
internal sealed class UpstreamListenerTests
{
    private const string Transports = "tcp";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [OneTimeSetUp]
    public void RequireUpstream() => UpstreamTests.Require();

    [Test]
    public async Task AtUpstreamsListener_OurAgentSendsFetchesAndLeaves()
    {
        var theirs = new IPEndPoint(IPAddress.Loopback, FreePort());
        await using var pair = await UpstreamPair.StartAsync(Transports, peerPort: theirs.Port);

        await pair.Agent.SendLocalMetadataAsync(theirs);
        (await pair.Agent.FetchRemoteMetadataAsync(theirs, UpstreamPair.Theirs)).Should().Be(UpstreamPair.Theirs);
        (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: true)).Should().BeTrue();
        await pair.RequireBothWaysAsync();

        await pair.Agent.InvalidateLocalMetadataAsync(theirs);
        (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: false)).Should().BeTrue();

        await pair.Agent.SendLocalMetadataAsync(theirs);
        (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: true)).Should().BeTrue("who left may come back");
        await pair.RequireBothWaysAsync();
    }

    [Test]
    public async Task AtUpstreamsListener_OurMetadataArrivesInParts()
    {
        var theirs = new IPEndPoint(IPAddress.Loopback, FreePort());
        await using var pair = await UpstreamPair.StartAsync(Transports, peerPort: theirs.Port);
        await pair.Agent.FetchRemoteMetadataAsync(theirs);

        await pair.Agent.SendLocalPartialMetadataAsync(theirs, null, includeConnectionInfo: true);
        await pair.Agent.SendLocalPartialMetadataAsync(theirs, new DescriptorList(MemoryType.Dram, [pair.Memory.Descriptor]));
        (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: true)).Should().BeTrue();
        await UntilAsync(async () => await pair.Peer.TransferAsync(
            TransferOperation.Read, UpstreamPair.Ours, 0, pair.Memory.Descriptor.Address, UpstreamPair.Block, UpstreamPair.Blocks) == NixlStatus.Success);

        await pair.RequireBothWaysAsync();
    }

    [Test]
    public async Task AtOurListener_UpstreamSendsFetchesAndLeaves()
    {
        await using var pair = await UpstreamPair.StartAsync(Transports, peerPort: FreePort());
        var ours = pair.Agent.ListenEndPoint!.Port;

        (await pair.Peer.SendAsync(ours)).Should().Be(NixlStatus.Success);
        await pair.Agent.WaitForPeerAsync(UpstreamPair.Theirs, Limit);
        (await pair.Peer.FetchAsync(UpstreamPair.Ours, ours)).Should().Be(NixlStatus.Success);
        (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: true)).Should().BeTrue();
        await pair.RequireBothWaysAsync();

        (await pair.Peer.LeaveAsync(ours)).Should().Be(NixlStatus.Success);
        await UntilAsync(() => Task.FromResult(!pair.Agent.CheckRemoteMetadata(UpstreamPair.Theirs)));
    }

    [Test]
    public async Task RestartedUpstream_ComesBackThroughOurListener_AndItsOwn()
    {
        var theirs = new IPEndPoint(IPAddress.Loopback, FreePort());
        await using var pair = await UpstreamPair.StartAsync(Transports, peerPort: theirs.Port);
        for (var round = 0; round < 3; round++)
        {
            if (round % 2 == 0)
            {
                (await pair.Peer.SendAsync(pair.Agent.ListenEndPoint!.Port)).Should().Be(NixlStatus.Success);
                await pair.Agent.WaitForPeerAsync(UpstreamPair.Theirs, Limit);
            }
            else
            {
                await pair.Agent.FetchRemoteMetadataAsync(theirs, UpstreamPair.Theirs);
            }

            await pair.Agent.SendLocalMetadataAsync(theirs);
            (await pair.Peer.WaitUntilKnownAsync(UpstreamPair.Ours, isKnown: true)).Should().BeTrue();
            await pair.RequireBothWaysAsync();

            using var lost = pair.CreateWrite();
            await pair.RestartPeerAsync();
            lost.PostTimeout = Limit;
            (await lost.PostAsync()).Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.NotFound);
            await UntilAsync(() => Task.FromResult(!pair.Agent.CheckRemoteMetadata(UpstreamPair.Theirs)));
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
