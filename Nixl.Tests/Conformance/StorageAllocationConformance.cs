using System.Diagnostics;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Warm transfers between memory and storage allocate nothing: growth of the allocated bytes of the whole process.</summary>
[NonParallelizable]
public abstract class StorageAllocationConformance<THarness> : BackendConformance<THarness>
    where THarness : IStorageHarness, new()
{
    // As in AllocationConformance: the best of a few rounds counts, and something else in the process is granted a few objects.
    private const int RoundsMax = 5;
    private const long GrantedBytes = 2048;

    [SetUp]
    public void RequireTrait() => Requires(BackendTraits.AllocationFree);

    [Test]
    public void PostAndCheck_AllocateNothing([Values] TransferOperation operation)
    {
        using var storage = Harness.Store(Initiator, 65536, seed: 2);
        using var transfer = Create(operation, storage);

        Measure(
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    if (Run(transfer) != NixlStatus.Success)
                    {
                        throw new AssertionException($"operation {i}: {transfer.GetFault()}");
                    }
                }
            },
            bytesPerOperation: 0);
    }

    [Test]
    public void RepostAndAwait_AllocateLessThanAByte()
    {
        using var storage = Harness.Store(Initiator, 65536, seed: 2);
        using var transfer = Create(TransferOperation.Read, storage);

        Measure(count => AwaitMany(transfer, count).GetAwaiter().GetResult(), bytesPerOperation: 1);
    }

    private static async Task AwaitMany(Transfer transfer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (await transfer.PostAsync().ConfigureAwait(false) != NixlStatus.Success)
            {
                throw new AssertionException($"operation {i}: {transfer.GetFault()}");
            }
        }
    }

    private Transfer Create(TransferOperation operation, StoredRange storage)
    {
        const int Block = 4096;
        var memory = World.AddBuffer(Initiator, 65536);
        return Initiator.CreateTransfer(
            operation,
            Dram(memory.At(0, Block), memory.At(3 * Block, Block)),
            storage.List(storage.At(8 * Block, Block), storage.At(2 * Block, Block)),
            Initiator.Name);
    }

    private void Measure(Action<int> operations, double bytesPerOperation)
    {
        operations(Math.Min(Harness.MeasuredOperations, 1_000));
        var best = long.MaxValue;
        var budget = GrantedBytes + (long)(Harness.MeasuredOperations * bytesPerOperation);
        var limit = Stopwatch.StartNew();
        for (var round = 0; round < RoundsMax && best > budget && limit.Elapsed < TimeSpan.FromSeconds(30); round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            operations(Harness.MeasuredOperations);
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        best.Should().BeLessThanOrEqualTo(budget, "{0} operations were measured", Harness.MeasuredOperations);
    }
}
