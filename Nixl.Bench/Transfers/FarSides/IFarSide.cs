namespace Nixl.Bench.Transfers.FarSides;

/// <summary>What lies on the far side of an initiator's transfers.</summary>
internal interface IFarSide : IAsyncDisposable
{
    /// <summary>The type of the far descriptors.</summary>
    MemoryType Type { get; }

    /// <summary>How many sets of far blocks take turns.</summary>
    int Variants { get; }

    /// <summary>The agent that a pair's far blocks belong to.</summary>
    string AgentOf(DevicePair pair);

    /// <summary>A block on the far side, in one of the sets.</summary>
    MemoryDescriptor Describe(BlockRun run, int variant, int index);

    /// <summary>Makes what a case reads, unless another process does.</summary>
    Task PrepareAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation);

    /// <summary>Compares what a case wrote, unless another process does.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    Task<string?> FindMismatchAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation);

    /// <summary>Flips one byte of what a case wrote, unless another process does: what the comparison must find.</summary>
    Task CorruptAsync(BlockRun run, CancellationToken cancellation);
}
