using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>Our larger send segment against a peer with libucp's own: the sizes are not negotiated, and one that is larger than the receiver's kills the
/// receiver.</summary>
[Platform(Include = "Linux", Reason = "UCX is there on Linux only.")]
internal sealed class SegmentSizeTests
{
    private const int Bytes = 64 << 20;

    private static readonly int[] Messages = [7 << 10, 60 << 10, 300 << 10, 4 << 20];

    [Test]
    public async Task PeerWithDefaults_LivesThroughEverySize()
    {
        using var pair = await GoldenPair.OpenAsync("tcp", Bytes);
        foreach (var length in Messages)
        {
            pair.Agent.SendNotification(pair.Peer.Name, GoldenPair.Message(length));
            (await pair.Peer.WaitForNotificationAsync()).Should().Be((GoldenPair.Ours, length, -1));
            (await pair.Peer.NotifyAsync(GoldenPair.Ours, length)).Should().Be(NixlStatus.Success);
            await pair.RequireMessageAsync(pair.Peer, length);
        }

        foreach (var operation in Enum.GetValues<TransferOperation>())
        {
            var isWrite = operation == TransferOperation.Write;
            await pair.FillAsync(pair.Peer, isWrite, Bytes);
            using var transfer = pair.Create(operation, pair.Peer, Bytes);
            (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
            (await pair.FindDifferenceAsync(pair.Peer, isWrite, Bytes)).Should().Be(-1);

            await pair.FillAsync(pair.Peer, !isWrite, Bytes);
            (await pair.Peer.TransferAsync(operation, GoldenPair.Ours, pair.Memory.Descriptor.Address, Bytes, 1, null)).Should().Be(NixlStatus.Success);
            (await pair.FindDifferenceAsync(pair.Peer, !isWrite, Bytes)).Should().Be(-1);
        }
    }
}
