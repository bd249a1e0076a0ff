namespace Nixl.Bench.Comparison;

/// <summary>What one operation moves: blocks that begin two sizes apart on either side, so that none can be merged with its neighbour.</summary>
/// <param name="Size">Bytes of a block.</param>
/// <param name="Blocks">How many there are.</param>
internal readonly record struct TransferShape(long Size, int Blocks)
{
    /// <summary>Bytes of one operation.</summary>
    internal long Bytes => Size * Blocks;

    /// <summary>Where the last block ends.</summary>
    internal long Reach => checked(Size * ((2L * Blocks) - 1));

    /// <summary>Where a block begins.</summary>
    internal long OffsetOf(int block) => 2 * Size * block;
}
