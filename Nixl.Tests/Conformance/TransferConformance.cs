using FluentAssertions;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Moving bytes: the part that is the same within an agent and between two.</summary>
public abstract class TransferConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Page = 4096;

    /// <summary>The agent whose memory is the remote side.</summary>
    internal abstract IConformancePeer Other { get; }

    [Test]
    public void Write_OfEachLength_MovesExactlyTheseBytes([Values(0, 1, Page - 1, Page, Page + 1, 100_001, 64 << 20)] int length)
        => MoveOne(TransferOperation.Write, length);

    [Test]
    public void Read_OfEachLength_MovesExactlyTheseBytes([Values(0, 1, Page - 1, Page, Page + 1, 100_001, 64 << 20)] int length)
        => MoveOne(TransferOperation.Read, length);

    [Test]
    public void ManyDescriptors_OfMixedLengthsAndOrder_EachGoToTheirPlace([Values] TransferOperation operation)
    {
        const int Count = 1000;
        var (local, remote) = Buffers(Count * 200);
        var random = new Random(11);
        var lengths = Enumerable.Range(0, Count).Select(i => i % 50 == 0 ? 0 : random.Next(1, 190)).ToArray();
        var localPlaces = Shuffled(Count, random);
        var remotePlaces = Shuffled(Count, random);
        var locals = Dram(localPlaces.Select((place, i) => local.At(place * 200, lengths[i])).ToArray());
        var remotes = Dram(remotePlaces.Select((place, i) => remote.At(place * 200, lengths[i])).ToArray());
        var expected = Expected(operation, local, remote, locals, remotes);

        using var transfer = Initiator.CreateTransfer(operation, locals, remotes, Other.Name);

        RequireSuccess(transfer);
        transfer.BytesDone.Should().Be(transfer.TotalBytes).And.Be(lengths.Sum());
        Receiver(operation, local, remote).Bytes.SequenceEqual(expected).Should().BeTrue("every byte has its place and no other changes");
    }

    [Test]
    public void Neighbours_AreMerged_UnlessAskedNotTo([Values] bool skip)
    {
        var (local, remote) = Buffers(64 * 100);
        var locals = Dram(Enumerable.Range(0, 64).Select(i => local.At(i * 100, 100)).ToArray());
        var remotes = Dram(Enumerable.Range(0, 64).Select(i => remote.At(i * 100, 100)).ToArray());

        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, locals, remotes, Other.Name, new TransferOptions { SkipDescriptorMerge = skip });

        transfer.SegmentCount.Should().Be(skip ? 64 : 1);
        RequireSuccess(transfer);
        remote.Bytes.SequenceEqual(local.Bytes).Should().BeTrue();
    }

    [Test]
    public void PreparedSides_MoveTheChosenPairs([Values] TransferOperation operation)
    {
        var (local, remote) = Buffers(100 * 64);
        using var locals = Initiator.PrepareDescriptors(NixlAgent.LocalSide, Dram(Enumerable.Range(0, 100).Select(i => local.At(i * 64, 64)).ToArray()));
        var remoteList = Dram(Enumerable.Range(0, 100).Select(i => remote.At(i * 64, 64)).ToArray());
        using var remotes = Initiator.PrepareDescriptors(Other.Name, remoteList);
        int[] from = [99, 0, 50, 51, 7];
        int[] to = [3, 98, 20, 21, 64];
        var expected = Expected(
            operation,
            local,
            remote,
            Dram(from.Select(i => local.At(i * 64, 64)).ToArray()),
            Dram(to.Select(i => remote.At(i * 64, 64)).ToArray()));

        using var transfer = Initiator.MakeTransfer(operation, locals, from, remotes, to);

        RequireSuccess(transfer);
        transfer.SegmentCount.Should().Be(4, "one pair of neighbours is merged");
        Receiver(operation, local, remote).Bytes.SequenceEqual(expected).Should().BeTrue();
    }

    [Test]
    public void Repost_MovesTheBytesOfThatMoment()
    {
        var (local, remote) = Buffers(5000);
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(local.Descriptor), Dram(remote.Descriptor), Other.Name);

        for (var round = 0; round < 50; round++)
        {
            local.Fill(round);
            RequireSuccess(transfer);
            remote.Bytes.SequenceEqual(local.Bytes).Should().BeTrue("round {0} has ended", round);
        }
    }

    [Test]
    public async Task Await_EndsWithTheResult()
    {
        var (local, remote) = Buffers(1 << 20);
        using var transfer = Initiator.CreateTransfer(TransferOperation.Read, Dram(local.Descriptor), Dram(remote.Descriptor), Other.Name);

        for (var round = 0; round < 20; round++)
        {
            remote.Fill(100 + round);
            (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
            local.Bytes.SequenceEqual(remote.Bytes).Should().BeTrue();
        }
    }

    [Test]
    public void Post_WhileInProgress_IsRefused_AndChangesNothing()
    {
        var (local, remote) = Buffers(16 << 20);
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(local.Descriptor), Dram(remote.Descriptor), Other.Name);
        transfer.Status.Should().Be(NixlStatus.NotPosted);

        for (var round = 0; round < 10; round++)
        {
            var first = transfer.Post();
            var second = transfer.Post();
            second.Should().BeOneOf(NixlStatus.RepostActive, NixlStatus.InProgress, NixlStatus.Success);
            Poll(transfer, first == NixlStatus.Success ? second : NixlStatus.InProgress).Should().BeOneOf(NixlStatus.Success, NixlStatus.RepostActive);
        }

        RequireSuccess(transfer);
        remote.Bytes.SequenceEqual(local.Bytes).Should().BeTrue();
    }

    private static GuardedBuffer Receiver(TransferOperation operation, GuardedBuffer local, GuardedBuffer remote)
        => operation == TransferOperation.Write ? remote : local;

    /// <summary>The receiving buffer as it must look afterwards.</summary>
    private static byte[] Expected(TransferOperation operation, GuardedBuffer local, GuardedBuffer remote, DescriptorList locals, DescriptorList remotes)
    {
        var isWrite = operation == TransferOperation.Write;
        var (source, destination) = isWrite ? (local, remote) : (remote, local);
        var (from, to) = isWrite ? (locals, remotes) : (remotes, locals);
        var expected = destination.Bytes.ToArray();
        for (var i = 0; i < from.Count; i++)
        {
            var bytes = source.Bytes.Slice((int)(from[i].Address - source.Descriptor.Address), (int)from[i].Length);
            bytes.CopyTo(expected.AsSpan((int)(to[i].Address - destination.Descriptor.Address)));
        }

        return expected;
    }

    private static int[] Shuffled(int count, Random random)
    {
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        return order;
    }

    private void MoveOne(TransferOperation operation, int length)
    {
        const int Offset = 24;
        var (local, remote) = Buffers(length + 2 * Offset);
        var locals = Dram(local.At(Offset, length));
        var remotes = Dram(remote.At(Offset, length));
        var expected = Expected(operation, local, remote, locals, remotes);

        using var transfer = Initiator.CreateTransfer(operation, locals, remotes, Other.Name);

        RequireSuccess(transfer);
        transfer.BytesDone.Should().Be(length);
        transfer.IsQuiescent.Should().BeTrue();
        transfer.GetFault().Should().BeNull();
        Receiver(operation, local, remote).Bytes.SequenceEqual(expected).Should().BeTrue();
    }

    private (GuardedBuffer Local, GuardedBuffer Remote) Buffers(int length)
    {
        var local = World.AddBuffer(Initiator, length, seed: 1);
        var remote = World.AddBuffer(Other, length, seed: 2);
        if (Other == Target)
        {
            World.IntroduceBoth();
            World.NeedsPeersNoMore();
        }

        return (local, remote);
    }
}
