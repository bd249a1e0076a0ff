namespace Nixl.Backends.S3.Memory;

/// <summary>A contiguous range of an object and the pieces of registered memory, anywhere, that its bytes belong to in this order. Immutable.</summary>
/// <param name="offset">Offset of the first byte in the object.</param>
/// <param name="pieces">The pieces, without a gap.</param>
internal sealed class MemoryRun(long offset, Piece[] pieces)
{
    /// <summary>Offset of the first byte in the object.</summary>
    internal long Offset { get; } = offset;

    /// <summary>Bytes in all.</summary>
    internal long Length { get; } = pieces.Length == 0 ? 0 : pieces[^1].Start + pieces[^1].Length;

    /// <summary>The piece that holds the byte at <paramref name="position"/>, counted from the first byte of the run.</summary>
    internal ref readonly Piece At(long position)
    {
        int low = 0, high = pieces.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = pieces[middle].Start <= position ? (middle, high) : (low, middle - 1);
        }

        return ref pieces[low];
    }

    /// <summary>The memory from <paramref name="position"/> on that lies in one piece, at most <paramref name="most"/> bytes.</summary>
    internal unsafe Span<byte> Span(long position, long most)
    {
        ref readonly var piece = ref At(position);
        var skip = position - piece.Start;
        return new Span<byte>((void*)(piece.Address + (ulong)skip), (int)Math.Min(Math.Min(piece.Length - skip, most), int.MaxValue));
    }
}
