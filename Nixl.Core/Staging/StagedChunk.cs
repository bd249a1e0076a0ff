using Nixl.Backends;

namespace Nixl.Staging;

/// <summary>What passes through one chunk of host memory at a time: whole segments of a staged transfer, or a part of a long one.</summary>
/// <param name="FirstSegment">Index of the first segment.</param>
/// <param name="SegmentCount">How many segments; 1 for a part of a long one.</param>
/// <param name="Skip">Where in the first segment it begins; 0 but for a part of a long one.</param>
/// <param name="Bytes">Bytes in all.</param>
internal readonly record struct StagedChunk(int FirstSegment, int SegmentCount, ulong Skip, ulong Bytes)
{
    // A chunk of very short segments is prepared and posted in one go: this bounds how long that takes.
    private const int SegmentsMax = 4096;

    /// <summary>Cuts segments into chunks of at most <paramref name="bytesMax"/> bytes. Only a segment that is longer is divided, at multiples of that: storage
    /// that wants aligned or whole pieces gets them wherever the caller gave them.</summary>
    internal static StagedChunk[] Cut(ReadOnlySpan<TransferSegment> segments, ulong bytesMax)
    {
        var chunks = new List<StagedChunk>();
        var first = 0;
        var bytes = 0UL;
        for (var i = 0; i < segments.Length; i++)
        {
            var length = segments[i].Length;
            if (i > first && (length > bytesMax - bytes || i - first == SegmentsMax))
            {
                chunks.Add(new StagedChunk(first, i - first, 0, bytes));
                (first, bytes) = (i, 0);
            }

            if (length <= bytesMax)
            {
                bytes += length;
                continue;
            }

            for (var skip = 0UL; skip < length; skip += bytesMax)
            {
                chunks.Add(new StagedChunk(i, 1, skip, Math.Min(bytesMax, length - skip)));
            }

            first = i + 1;
        }

        if (first < segments.Length)
        {
            chunks.Add(new StagedChunk(first, segments.Length - first, 0, bytes));
        }

        return [.. chunks];
    }
}
