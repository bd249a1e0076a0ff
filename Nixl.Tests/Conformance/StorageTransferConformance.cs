using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Moving bytes between memory and storage.</summary>
public abstract class StorageTransferConformance<THarness> : BackendConformance<THarness>
    where THarness : IStorageHarness, new()
{
    private const int Block = 4096;

    [Test]
    public void Write_OfEachLength_StoresExactlyTheseBytes([Values(0, 1, Block - 1, Block, Block + 1, 100_001, 5 << 20, 64 << 20)] int length)
        => MoveOne(TransferOperation.Write, length);

    [Test]
    public void Read_OfEachLength_BringsExactlyTheseBytes([Values(0, 1, Block - 1, Block, Block + 1, 100_001, 5 << 20, 64 << 20)] int length)
        => MoveOne(TransferOperation.Read, length);

    [Test]
    public void ScatteredBlocks_EachGoToTheirPlace([Values] TransferOperation operation)
    {
        const int Count = 1024;
        var memory = World.AddBuffer(Initiator, Count * Block);
        using var storage = Harness.Store(Initiator, Count * Block, seed: 2);
        var random = new Random(11);
        var from = Places(Count, random);
        var to = Places(Count, random);
        var (before, stored) = (memory.Bytes.ToArray(), storage.Content());

        using var transfer = Initiator.CreateTransfer(
            operation,
            Dram(from.Select(place => memory.At(place * Block, Block)).ToArray()),
            storage.List(to.Select(place => storage.At((long)place * Block, Block)).ToArray()),
            Initiator.Name);

        RequireSuccess(transfer);
        transfer.BytesDone.Should().Be(Count * Block);
        var (source, destination) = operation == TransferOperation.Write ? (before, storage.Content()) : (stored, memory.Bytes.ToArray());
        for (var i = 0; i < Count; i++)
        {
            var (s, d) = operation == TransferOperation.Write ? (from[i], to[i]) : (to[i], from[i]);
            destination.AsSpan(d * Block, Block).SequenceEqual(source.AsSpan(s * Block, Block)).Should().BeTrue("block {0} has its place", i);
        }
    }

    [Test]
    public void Repost_MovesTheBytesOfThatMoment()
    {
        var memory = World.AddBuffer(Initiator, 2 * Block);
        using var storage = Harness.Store(Initiator, 2 * Block, seed: 2);
        using var transfer = Create(TransferOperation.Write, memory, storage);

        for (var round = 0; round < 50; round++)
        {
            memory.Fill(round);
            RequireSuccess(transfer);
            storage.Content().AsSpan().SequenceEqual(memory.Bytes).Should().BeTrue("round {0} has ended", round);
        }
    }

    [Test]
    public async Task Await_EndsLikePolling()
    {
        const int Length = 8 << 20;
        var memory = World.AddBuffer(Initiator, Length);
        using var storage = Harness.Store(Initiator, Length, seed: 2);
        using var write = Create(TransferOperation.Write, memory, storage);
        using var read = Create(TransferOperation.Read, memory, storage);

        for (var round = 0; round < 5; round++)
        {
            memory.Fill(100 + round);
            var content = memory.Bytes.ToArray();
            (await write.PostAsync()).Should().Be(NixlStatus.Success);
            memory.Fill(7);
            (await read.PostAsync()).Should().Be(NixlStatus.Success);
            memory.Bytes.SequenceEqual(content).Should().BeTrue();
        }
    }

    [Test]
    public void PartsOfSeveralStores_MoveInOneTransfer([Values] TransferOperation operation)
    {
        const int Stores = 5;
        var memory = World.AddBuffer(Initiator, Stores * Block);
        var stores = Enumerable.Range(0, Stores).Select(i => Harness.Store(Initiator, Block, seed: 50 + i)).ToArray();
        var contents = stores.Select(static store => store.Content()).ToArray();

        using (var transfer = Initiator.CreateTransfer(
            operation,
            Dram(Enumerable.Range(0, Stores).Select(i => memory.At(i * Block, Block)).ToArray()),
            stores[0].List(stores.Select(static store => store.At(0, Block)).ToArray()),
            Initiator.Name))
        {
            RequireSuccess(transfer);
            for (var i = 0; i < Stores; i++)
            {
                var expected = operation == TransferOperation.Read ? contents[i] : stores[i].Content();
                memory.Bytes.Slice(i * Block, Block).SequenceEqual(expected).Should().BeTrue();
            }
        }

        Array.ForEach(stores, static store => store.Dispose());
    }

    [Test]
    public void Transfers_OfSeveralThreads_DoNotDisturbEachOther()
    {
        const int Threads = 4;
        var memory = World.AddBuffer(Initiator, Threads * Block);
        using var shared = Harness.Store(Initiator, Threads * Block, seed: 2);

        var tasks = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                using var own = Harness.WritesWhole ? Harness.Store(Initiator, Block, seed: 3) : null;
                var storage = own ?? shared;
                var offset = own is null ? thread * Block : 0;
                using var write = Initiator.CreateTransfer(
                    TransferOperation.Write, Dram(memory.At(thread * Block, Block)), storage.List(storage.At(offset, Block)), Initiator.Name);
                using var read = Initiator.CreateTransfer(
                    TransferOperation.Read, Dram(memory.At(thread * Block, Block)), storage.List(storage.At(offset, Block)), Initiator.Name);
                for (var round = 0; round < 100; round++)
                {
                    memory.Bytes.Slice(thread * Block, Block).Fill((byte)round);
                    RequireSuccess(write);
                    memory.Bytes.Slice(thread * Block, Block).Clear();
                    RequireSuccess(read);
                    memory.Bytes.Slice(thread * Block, Block).IndexOfAnyExcept((byte)round).Should().Be(-1);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        Task.WaitAll(tasks);
    }

    private static int[] Places(int count, Random random)
    {
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        return order;
    }

    private void MoveOne(TransferOperation operation, int length)
    {
        var granularity = Harness.Granularity;
        length = (length + granularity - 1) / granularity * granularity;
        var memory = World.AddBuffer(Initiator, length + Block);
        var isWhole = Harness.WritesWhole && operation == TransferOperation.Write;
        var offset = isWhole ? 0 : Block;
        using var storage = Harness.Store(Initiator, isWhole ? length : length + 2 * Block, seed: 2);
        var expected = operation == TransferOperation.Write ? storage.Content() : memory.Bytes.ToArray();
        if (operation == TransferOperation.Write)
        {
            memory.Bytes[..length].CopyTo(expected.AsSpan(offset));
        }
        else
        {
            storage.Content().AsSpan(Block, length).CopyTo(expected);
        }

        using var transfer = Initiator.CreateTransfer(operation, Dram(memory.At(0, length)), storage.List(storage.At(offset, length)), Initiator.Name);

        RequireSuccess(transfer);
        transfer.BytesDone.Should().Be(length);
        transfer.IsQuiescent.Should().BeTrue();
        transfer.GetFault().Should().BeNull();
        (operation == TransferOperation.Write ? storage.Content() : memory.Bytes.ToArray()).AsSpan().SequenceEqual(expected).Should().BeTrue();
    }

    private Transfer Create(TransferOperation operation, GuardedBuffer memory, StoredRange storage)
        => Initiator.CreateTransfer(operation, Dram(memory.Descriptor), storage.List(storage.At(0, memory.Length)), Initiator.Name);
}
