using Nixl.Backends;

namespace Nixl.Bench.ControlPath;

/// <summary>What a work gave: both programs must have done the same.</summary>
/// <param name="Pieces">Segments, descriptors or registrations.</param>
/// <param name="Bytes">Of the segments or descriptors, or of the packed keys.</param>
/// <param name="Checksum">Over the segments, in order; otherwise 0.</param>
internal readonly record struct WorkProof(ulong Pieces, ulong Bytes, ulong Checksum)
{
    /// <summary>Of the segments that an engine was given.</summary>
    internal static WorkProof Of(ReadOnlySpan<TransferSegment> segments)
    {
        var bytes = 0UL;
        var checksum = 0UL;
        foreach (ref readonly var segment in segments)
        {
            bytes += segment.Length;
            checksum = Layout.Scramble(Layout.Scramble(Layout.Scramble(checksum ^ segment.LocalAddress) ^ segment.RemoteAddress) ^ segment.Length);
        }

        return new WorkProof((ulong)segments.Length, bytes, checksum);
    }

    public override string ToString() => $"{Pieces} pieces, {Bytes} bytes, checksum {Checksum:x}";
}
