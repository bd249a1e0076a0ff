using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>That this agent and one written from the description of the wire format understand each other, in both directions.</summary>
[TestFixture("tcp")]
[TestFixture("posix,cma,self")]
[Platform(Include = "Linux", Reason = "UCX is there on Linux only.")]
internal sealed class GoldenPeerTests(string transports)
{
    private const int Block = 4096;
    private const int Blocks = 64;
    private const int Bytes = Block * Blocks;

    private static readonly int[] Messages = [0, 41, 300_000];

    private GoldenPair _pair = null!;

    [OneTimeSetUp]
    public async Task Open() => _pair = await GoldenPair.OpenAsync(transports, Bytes);

    [OneTimeTearDown]
    public void Close() => _pair?.Dispose();

    [Test]
    public async Task OurTransfers_MoveEveryByteAndNotify([Values] TransferOperation operation, [ValueSource(nameof(Messages))] int message)
    {
        var toPeer = operation == TransferOperation.Write;
        await _pair.FillAsync(_pair.Peer, toPeer, Bytes);
        using var transfer = _pair.Create(operation, _pair.Peer, Block, Blocks, GoldenPair.Message(message));

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());

        (await _pair.Peer.WaitForNotificationAsync()).Should().Be((GoldenPair.Ours, message, -1));
        (await _pair.FindDifferenceAsync(_pair.Peer, toPeer, Bytes)).Should().Be(-1);
    }

    [Test]
    public async Task TheirTransfers_MoveEveryByteAndNotify([Values] TransferOperation operation, [ValueSource(nameof(Messages))] int message)
    {
        var toPeer = operation == TransferOperation.Read;
        await _pair.FillAsync(_pair.Peer, toPeer, Bytes);

        var status = await _pair.Peer.TransferAsync(operation, GoldenPair.Ours, _pair.Memory.Descriptor.Address, Block, Blocks, message);

        status.Should().Be(NixlStatus.Success);
        await _pair.RequireMessageAsync(_pair.Peer, message);
        (await _pair.FindDifferenceAsync(_pair.Peer, toPeer, Bytes)).Should().Be(-1);
    }

    [Test]
    public async Task Notifications_GoBothWays([ValueSource(nameof(Messages))] int message)
    {
        _pair.Agent.SendNotification(_pair.Peer.Name, GoldenPair.Message(message));
        (await _pair.Peer.NotifyAsync(GoldenPair.Ours, message)).Should().Be(NixlStatus.Success);

        (await _pair.Peer.WaitForNotificationAsync()).Should().Be((GoldenPair.Ours, message, -1));
        await _pair.RequireMessageAsync(_pair.Peer, message);
    }
}
