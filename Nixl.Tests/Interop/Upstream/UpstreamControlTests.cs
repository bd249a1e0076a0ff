using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>Metadata in parts, prepared sides, and a restart of either side, between this agent and an unmodified one of upstream NIXL.</summary>
/// <remarks>Runs as <see cref="UpstreamTests"/> does.</remarks>
[TestFixture]
[Category("Upstream")]
internal sealed class UpstreamControlTests
{
    private static readonly string[] Transports = ["tcp", "tcp,sm,self"];

    [OneTimeSetUp]
    public void RequireUpstream() => UpstreamTests.Require();

    [Test]
    public async Task PreparedSides_MoveEveryByte_BothWays([ValueSource(nameof(Transports))] string transports, [Values] TransferOperation operation)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);
        var isWrite = operation == TransferOperation.Write;
        await pair.FillAsync(toPeer: isWrite);
        using var local = pair.Agent.PrepareDescriptors(NixlAgent.LocalSide, UpstreamPair.BlocksAt(pair.Memory.Descriptor.Address));
        using var remote = pair.Agent.PrepareDescriptors(UpstreamPair.Theirs, UpstreamPair.BlocksAt(pair.Peer.Address));
        int[] indices = [.. Enumerable.Range(0, UpstreamPair.Blocks).Reverse()];
        using var transfer = pair.Agent.MakeTransfer(operation, local, indices, remote, indices);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
        (await pair.FindDifferenceAsync(toPeer: isWrite)).Should().Be(-1);

        await pair.FillAsync(toPeer: !isWrite);
        (await pair.Peer.TransferAsync(
            operation, UpstreamPair.Ours, 0, pair.Memory.Descriptor.Address, UpstreamPair.Block, UpstreamPair.Blocks, isPrepared: true)).Should().Be(NixlStatus.Success);
        (await pair.FindDifferenceAsync(toPeer: !isWrite)).Should().Be(-1);
    }

    [Test]
    public async Task PartialMetadata_ConnectionFirst_ThenMemory([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.StartAsync(transports);
        pair.Agent.LoadRemoteMetadata(await pair.Peer.GetLocalPartialMetadataAsync(isMemory: false)).Should().Be(UpstreamPair.Theirs);
        pair.Agent.CheckRemoteMetadata(UpstreamPair.Theirs, UpstreamPair.BlocksAt(pair.Peer.Address)).Should().BeFalse("only the connection is known");
        pair.Agent.LoadRemoteMetadata(await pair.Peer.GetLocalPartialMetadataAsync(isMemory: true)).Should().Be(UpstreamPair.Theirs);
        (await pair.Peer.LoadAsync(pair.Agent.GetLocalPartialMetadata(null, includeConnectionInfo: true))).Status.Should().Be(NixlStatus.Success);
        (await pair.Peer.LoadAsync(pair.Agent.GetLocalPartialMetadata(new DescriptorList(MemoryType.Dram, [pair.Memory.Descriptor])))).Status.Should().Be(NixlStatus.Success);

        await pair.RequireBothWaysAsync();
    }

    [Test]
    public async Task RestartedPeer_IsTakenUp([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);
        await pair.RequireBothWaysAsync();
        for (var round = 0; round < 3; round++)
        {
            using var lost = pair.CreateWrite();
            await pair.RestartPeerAsync();
            lost.PostTimeout = TimeSpan.FromSeconds(10);
            (await lost.PostAsync()).Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.NotFound);
            SpinWait.SpinUntil(() => !pair.Agent.CheckRemoteMetadata(UpstreamPair.Theirs), TimeSpan.FromSeconds(20)).Should().BeTrue("the lost peer is dropped");

            await pair.IntroduceAsync();

            await pair.RequireBothWaysAsync();
        }
    }

    [Test]
    public async Task RestartedAgentOfOurs_IsTakenUp([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);
        await pair.RequireBothWaysAsync();
        for (var round = 0; round < 3; round++)
        {
            await pair.RestartAgentAsync();

            // Upstream forgets a peer by itself only when a transfer to it has failed.
            await pair.Peer.InvalidateAsync(UpstreamPair.Ours);
            await pair.IntroduceAsync();

            await pair.RequireBothWaysAsync();
        }
    }
}
