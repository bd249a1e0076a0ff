using System.Text;
using FluentAssertions;
using Nixl.Backends.Ucx;
using NUnit.Framework;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>That this agent and an unmodified one of upstream NIXL understand each other over UCX.</summary>
/// <remarks>Runs where upstream is installed: <c>NIXL_UPSTREAM_PREFIX=/opt/nixl NIXL_UCP_LIBRARY=/opt/nixl/lib/libucp.so.0 dotnet test --filter
/// Category=Upstream</c>. One process uses one libucp, and releases before 1.19 do not talk to later ones, so the whole run takes upstream's.</remarks>
[TestFixture]
[Category("Upstream")]
internal sealed class UpstreamTests
{
    private static readonly string[] Transports = ["tcp", "tcp,sm,self", "all"];
    private static readonly byte[] Message = [.. Encoding.ASCII.GetBytes("done"), 0, 0xff, (byte)'|']; // messages are bytes, not text

    [OneTimeSetUp]
    public void RequireUpstream() => Require();

    /// <summary>Skips, with the reason, where upstream is not installed.</summary>
    internal static void Require()
    {
        if (UpstreamPeer.Prefix is null)
        {
            Assert.Ignore($"Upstream NIXL is not installed: {UpstreamPeer.PrefixName} is not set.");
        }

        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NIXL_UCP_LIBRARY")))
        {
            Assert.Ignore("NIXL_UCP_LIBRARY does not name upstream's libucp: releases before 1.19 do not talk to it.");
        }
    }

    [Test]
    public async Task Metadata_IsUnderstoodOnBothSides([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);

        pair.Agent.CheckRemoteMetadata(UpstreamPair.Theirs, UpstreamPair.BlocksAt(pair.Peer.Address)).Should().BeTrue();
        pair.Loaded.Should().Be((NixlStatus.Success, UpstreamPair.Ours));
    }

    [Test]
    public async Task OurTransfers_MoveEveryByteAndNotify(
        [ValueSource(nameof(Transports))] string transports, [Values] TransferOperation operation, [Values] bool peerHasProgressThread)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports, peerHasProgressThread);
        var toPeer = operation == TransferOperation.Write;
        await pair.FillAsync(toPeer);
        using var transfer = pair.Agent.CreateTransfer(
            operation,
            UpstreamPair.BlocksAt(pair.Memory.Descriptor.Address),
            UpstreamPair.BlocksAt(pair.Peer.Address),
            UpstreamPair.Theirs,
            new TransferOptions { Notification = Message, SkipDescriptorMerge = true });

        // A peer without a thread of its own makes progress while it is asked for notifications.
        var post = transfer.PostAsync().AsTask();
        var notification = await pair.Peer.WaitForNotificationAsync();

        (await post).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
        notification.Agent.Should().Be(UpstreamPair.Ours);
        notification.Message.Should().Equal(Message);
        (await pair.FindDifferenceAsync(toPeer)).Should().Be(-1);
    }

    [Test]
    public async Task TheirTransfers_MoveEveryByteAndNotify([ValueSource(nameof(Transports))] string transports, [Values] TransferOperation operation)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);
        var toPeer = operation == TransferOperation.Read;
        await pair.FillAsync(toPeer);

        var status = await pair.Peer.TransferAsync(
            operation, UpstreamPair.Ours, 0, pair.Memory.Descriptor.Address, UpstreamPair.Block, UpstreamPair.Blocks, Message);

        status.Should().Be(NixlStatus.Success);
        (await NextNotificationAsync(pair)).Should().Equal(Message);
        (await pair.FindDifferenceAsync(toPeer)).Should().Be(-1);
    }

    [Test]
    public async Task Notifications_GoBothWays([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);

        pair.Agent.SendNotification(UpstreamPair.Theirs, Message);
        (await pair.Peer.NotifyAsync(UpstreamPair.Ours, Message)).Should().Be(NixlStatus.Success);

        var arrived = await pair.Peer.WaitForNotificationAsync();
        arrived.Agent.Should().Be(UpstreamPair.Ours);
        arrived.Message.Should().Equal(Message);
        (await NextNotificationAsync(pair)).Should().Equal(Message);
    }

    [Test]
    public async Task Peers_MayBeForgottenAndLoadedAgain([ValueSource(nameof(Transports))] string transports)
    {
        await using var pair = await UpstreamPair.OpenAsync(transports);

        (await pair.Peer.InvalidateAsync(UpstreamPair.Ours)).Should().Be(NixlStatus.Success);
        pair.Agent.InvalidateRemote(UpstreamPair.Theirs);
        pair.Agent.LoadRemoteMetadata(await pair.Peer.GetLocalMetadataAsync()).Should().Be(UpstreamPair.Theirs);
        (await pair.Peer.LoadAsync(pair.Agent.GetLocalMetadata())).Status.Should().Be(NixlStatus.Success);

        await pair.FillAsync(toPeer: true);
        using var transfer = pair.Agent.CreateTransfer(
            TransferOperation.Write,
            UpstreamPair.BlocksAt(pair.Memory.Descriptor.Address),
            UpstreamPair.BlocksAt(pair.Peer.Address),
            UpstreamPair.Theirs);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
        (await pair.FindDifferenceAsync(toPeer: true)).Should().Be(-1);
    }

    private static async Task<byte[]> NextNotificationAsync(UpstreamPair pair)
    {
        using var notification = await pair.Agent.WaitForNotificationAsync(NotificationFilter.Any, TimeSpan.FromSeconds(30));
        notification.Sender.Should().Be(UpstreamPair.Theirs);
        return notification.Payload.ToArray();
    }
}
