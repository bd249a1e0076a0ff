using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>A network between two agents that fails while both go on, in a network namespace of the test's own.</summary>
[Platform(Include = "Linux", Reason = "Network namespaces are Linux's.")]
internal sealed class CutOffTests
{
    private const int Bytes = 1 << 20;

    [Test]
    public void LostPackets_EndTransfersByTheirDeadline_AndTheyGoOnLater([Values("peer", "none")] string mode) => NetworkNamespace.Run(async () =>
    {
        using var pair = await GoldenPair.OpenAsync("tcp", Bytes, ("ucx_error_handling_mode", mode));
        using var transfer = pair.Create(TransferOperation.Write, pair.Peer, Bytes);
        await pair.FillAsync(pair.Peer, toPeer: true, Bytes);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(500);

        NetworkNamespace.SetUp(isUp: false);
        var status = await transfer.PostAsync();
        status.Should().BeOneOf(NixlStatus.TimedOut, NixlStatus.RemoteDisconnect);
        if (status == NixlStatus.TimedOut)
        {
            (transfer.IsQuiescent, transfer.Post()).Should().Be((false, NixlStatus.NotAllowed), "libucp still has the bytes");
        }

        NetworkNamespace.SetUp(isUp: true);
        await transfer.WhenQuiescent().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    });

    [Test]
    public void LostPacketsOfOnePeer_EndItsTransfers_AndNoOthers([Values("peer", "none")] string mode) => NetworkNamespace.Run(async () =>
    {
        using var pair = await GoldenPair.OpenAsync("tcp", Bytes, ("ucx_error_handling_mode", mode));
        var other = await pair.AddPeerAsync("other");
        using var kept = await RunOnceAsync(pair, other);
        using var transfer = await RunOnceAsync(pair, pair.Peer);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(500);

        if (!NetworkNamespace.Drop(pair.Peer.Id))
        {
            Assert.Ignore("The packets of one peer are lost by rules for routes (ip rule), which this kernel does not have.");
        }

        var cutOff = transfer.PostAsync();
        await pair.FillAsync(other, toPeer: true, Bytes);
        for (var round = 0; round < 20; round++)
        {
            (await kept.PostAsync()).Should().Be(NixlStatus.Success, "round {0}: the connections of another peer are not touched", round);
        }

        (await pair.FindDifferenceAsync(other, toPeer: true, Bytes)).Should().Be(-1);
        (await cutOff).Should().BeOneOf(NixlStatus.TimedOut, NixlStatus.RemoteDisconnect);

        NetworkNamespace.DropNothing();
        await transfer.WhenQuiescent().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        (await kept.PostAsync()).Should().Be(NixlStatus.Success);
    });

    [Test]
    public void ResetConnection_IsNoticed_AndThePeerTakenUpAgain([Values("peer", "none")] string mode) => NetworkNamespace.Run(async () =>
    {
        using var pair = await GoldenPair.OpenAsync("tcp", Bytes, ("ucx_error_handling_mode", mode));
        var other = await pair.AddPeerAsync("other");
        using var kept = await RunOnceAsync(pair, other);
        using var transfer = await RunOnceAsync(pair, pair.Peer);
        transfer.PostTimeout = TimeSpan.FromSeconds(5);

        NetworkNamespace.Reset(pair.Peer.Id);
        (await transfer.PostAsync()).Should().Be(NixlStatus.RemoteDisconnect);
        await pair.FillAsync(other, toPeer: true, Bytes);
        (await kept.PostAsync()).Should().Be(NixlStatus.Success, "the connections of another peer are not touched");
        (await pair.FindDifferenceAsync(other, toPeer: true, Bytes)).Should().Be(-1);

        await pair.Peer.ForgetAsync(GoldenPair.Ours);
        pair.Agent.LoadRemoteMetadata(await pair.Peer.GetMetadataAsync()).Should().Be(pair.Peer.Name);
        await pair.FillAsync(pair.Peer, toPeer: true, Bytes);
        using var anew = pair.Create(TransferOperation.Write, pair.Peer, Bytes);
        (await anew.PostAsync()).Should().Be(NixlStatus.Success, anew.GetFault()?.ToString());
        (await pair.FindDifferenceAsync(pair.Peer, toPeer: true, Bytes)).Should().Be(-1);
    });

    /// <summary>A transfer to a peer that has succeeded once: they are connected.</summary>
    private static async Task<Transfer> RunOnceAsync(GoldenPair pair, GoldenPeer peer)
    {
        var transfer = pair.Create(TransferOperation.Write, peer, Bytes);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
        return transfer;
    }
}
