namespace Nixl.Bench.Collectives;

/// <summary>The places of one ring.</summary>
/// <param name="Bytes">What is reduced.</param>
/// <param name="ElementSize">Chunks are whole elements.</param>
/// <param name="Input">Offset of the contribution; may be the result's.</param>
/// <param name="Output">Offset of the result.</param>
/// <param name="Slots">Offset of the room for partial sums.</param>
/// <param name="Tag">The first tag.</param>
internal sealed record RingLayout(long Bytes, int ElementSize, long Input, long Output, long Slots, int Tag)
{
    /// <summary>Start and length of a chunk, in bytes; with fewer elements than ranks some are empty.</summary>
    internal (long Start, long Length) Chunk(int index, int count)
    {
        var elements = Bytes / ElementSize;
        var start = elements * index / count;
        return (start * ElementSize, ((elements * (index + 1) / count) - start) * ElementSize);
    }
}
