namespace Nixl.Bench.Transfers;

/// <summary>What the blocks in a rank's own memory hold.</summary>
/// <param name="buffers">The memory.</param>
/// <param name="isNear">Whether it is an initiator's; else a target's.</param>
internal sealed class BlockContent(DeviceBuffers buffers, bool isNear)
{
    /// <summary>Writes what is to be sent.</summary>
    internal void Fill(IEnumerable<BlockRun> runs)
        => ForEach(runs, (run, index) => buffers.Fill(DeviceOf(run), At(run, index), run.Block, run.SourceKey, run.SourceOffset(index)));

    /// <summary>Wipes what an earlier case left.</summary>
    internal void Clear(IEnumerable<BlockRun> runs) => ForEach(runs, (run, index) => buffers.Clear(DeviceOf(run), At(run, index), run.Block));

    /// <summary>Compares with what was sent.</summary>
    /// <returns>The first difference in words; null when there is none.</returns>
    internal string? FindMismatch(IEnumerable<BlockRun> runs)
    {
        foreach (var run in runs)
        {
            for (var index = 0; index < run.Count; index++)
            {
                var at = buffers.FirstMismatch(DeviceOf(run), At(run, index), run.Block, run.SourceKey, run.SourceOffset(index));
                if (at >= 0)
                {
                    return run.Describe(index, at, isNear ? "in the initiator's memory" : "in the target's memory");
                }
            }
        }

        return null;
    }

    /// <summary>Changes one byte in the middle of a run's first block.</summary>
    internal void Corrupt(BlockRun run) => buffers.FlipByte(DeviceOf(run), At(run, 0) + (run.Block / 2));

    private static void ForEach(IEnumerable<BlockRun> runs, Action<BlockRun, int> action)
    {
        foreach (var run in runs)
        {
            for (var index = 0; index < run.Count; index++)
            {
                action(run, index);
            }
        }
    }

    private int DeviceOf(BlockRun run) => isNear ? run.Pair.Near.Device : run.Pair.Far.Device;

    private long At(BlockRun run, int index) => isNear ? run.NearAt(index) : run.FarAt(index);
}
