namespace Nixl.Bench.Transfers;

/// <summary>Where in its part of a buffer a block lies.</summary>
internal enum LocationMode
{
    /// <summary>One after the other.</summary>
    None,

    /// <summary>Anywhere at a multiple of the block size.</summary>
    BlockAligned,

    /// <summary>Anywhere.</summary>
    ByteAligned,
}
