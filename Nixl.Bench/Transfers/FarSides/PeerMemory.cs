using Nixl.Bench.Transfers.Roles;

namespace Nixl.Bench.Transfers.FarSides;

/// <summary>Memory of target processes, which fill and compare it themselves.</summary>
internal sealed class PeerMemory(IReadOnlyList<RankHello> ranks) : IFarSide
{
    /// <inheritdoc/>
    public MemoryType Type => MemoryType.Dram;

    /// <inheritdoc/>
    public int Variants => 1;

    /// <inheritdoc/>
    public string AgentOf(DevicePair pair) => ranks[pair.Far.Rank].Agent;

    /// <inheritdoc/>
    public MemoryDescriptor Describe(BlockRun run, int variant, int index)
        => new(ranks[run.Pair.Far.Rank].Addresses[run.Pair.Far.Device] + (ulong)run.FarAt(index), (ulong)run.Block);

    /// <inheritdoc/>
    public Task PrepareAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<string?> FindMismatchAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation) => Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public Task CorruptAsync(BlockRun run, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
