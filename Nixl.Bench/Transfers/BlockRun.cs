namespace Nixl.Bench.Transfers;

/// <summary>The blocks of one thread and one pair in a case: where they lie on both sides, and what they hold.</summary>
internal sealed class BlockRun
{
    private readonly TransferPlan _plan;
    private readonly RunCase _one;
    private readonly long[] _near;
    private readonly long[] _far;
    private readonly long _nearPart;
    private readonly long _farPart;

    private BlockRun(TransferPlan plan, BufferLayout layout, DevicePair pair, int thread, RunCase one)
    {
        (_plan, _one, Pair, Thread) = (plan, one, pair, thread);
        (_near, _far) = (layout.NearBlocks(pair, thread, one), layout.FarBlocks(pair, thread, one));
        (_nearPart, _farPart) = (layout.PartOf(pair.Near, thread) * layout.NearPartBytes, layout.PartOf(pair.Far, thread) * layout.FarPartBytes);

        // The sides have keys of their own; a source is known by its device, its part and its case.
        SourceKey = plan.Operation == TransferOperation.Write
            ? Pattern.Key(plan.Seed, 2 * pair.Near.Number, layout.PartOf(pair.Near, thread), one.Number)
            : Pattern.Key(plan.Seed, (2 * pair.Far.Number) + 1, layout.PartOf(pair.Far, thread), one.Number);
    }

    internal DevicePair Pair { get; }

    internal int Thread { get; }

    internal int Count => _near.Length;

    internal long Block => _one.Block;

    /// <summary>The pattern's key.</summary>
    internal ulong SourceKey { get; }

    /// <summary>All runs of some pairs.</summary>
    internal static List<BlockRun> Of(TransferPlan plan, BufferLayout layout, IEnumerable<DevicePair> pairs, RunCase one)
        => [.. pairs.SelectMany(pair => Enumerable.Range(0, plan.Threads).Select(thread => new BlockRun(plan, layout, pair, thread, one)))];

    /// <summary>Where block <paramref name="index"/> begins in the initiator's buffer.</summary>
    internal long NearAt(int index) => _nearPart + _near[index];

    /// <summary>Where it begins in the target's buffer.</summary>
    internal long FarAt(int index) => _farPart + _far[index];

    /// <summary>Where it begins in its part on the far side.</summary>
    internal long FarInPart(int index) => _far[index];

    /// <summary>The offset in the pattern that the block's bytes belong to.</summary>
    internal long SourceOffset(int index) => _plan.Operation == TransferOperation.Write ? _near[index] : _far[index];

    /// <summary>Where a difference is, in words.</summary>
    internal string Describe(int index, long at, string where)
        => $"byte {at} of block {index} ({_one.Block} bytes, batch {_one.Batch}, thread {Thread}, pair {Pair.Number}) {where} is not the one that was sent";
}
