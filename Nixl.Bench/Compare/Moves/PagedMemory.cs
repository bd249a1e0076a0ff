namespace Nixl.Bench.Compare.Moves;

/// <summary>The pieces of a case within a memory, seen as one stream of bytes in the order of the pieces.</summary>
internal sealed class PagedMemory
{
    // Primes above the number of pages that differ, so that neighbours on one side are none on the other. Odd, and the number of places is a power of two: each page has its own.
    private const long SourceFactor = 7919;
    private const long DestinationFactor = 104_729;

    private readonly Memory<byte> _memory;
    private readonly int[] _offsets;

    private PagedMemory(Memory<byte> memory, BlobCase one, long factor)
    {
        (_memory, Case) = (memory, one);
        var places = memory.Length / one.PageBytes;
        _offsets = [.. Enumerable.Range(0, one.Pages).Select(page => (int)(page * factor % places * one.PageBytes))];
    }

    /// <summary>What is moved.</summary>
    internal BlobCase Case { get; }

    /// <summary>Bytes of the stream.</summary>
    internal long Bytes => Case.Bytes;

    /// <summary>The memory that the pages lie in.</summary>
    internal Memory<byte> All => _memory;

    /// <summary>Where each page begins.</summary>
    internal int[] Offsets => _offsets;

    internal static PagedMemory Source(Memory<byte> memory, BlobCase one) => new(memory, one, SourceFactor);

    internal static PagedMemory Destination(Memory<byte> memory, BlobCase one) => new(memory, one, DestinationFactor);

    /// <summary>The bytes from <paramref name="position"/> on that lie together, as far as <paramref name="end"/>.</summary>
    internal Memory<byte> Piece(long position, long end)
    {
        var (page, within) = Math.DivRem(position, Case.PageBytes);
        return _memory.Slice(_offsets[page] + (int)within, (int)Math.Min(Case.PageBytes - within, end - position));
    }

    /// <summary>Copies from the stream at <paramref name="position"/>, as much as there is room for and the stream has up to <paramref name="end"/>.</summary>
    /// <returns>Bytes copied.</returns>
    internal int Gather(long position, long end, Span<byte> into)
    {
        var memory = _memory.Span;
        var done = 0;
        while (done < into.Length && position + done < end)
        {
            var (page, within) = Math.DivRem(position + done, Case.PageBytes);
            var length = (int)Math.Min(Math.Min(Case.PageBytes - within, into.Length - done), end - position - done);
            memory.Slice(_offsets[page] + (int)within, length).CopyTo(into[done..]);
            done += length;
        }

        return done;
    }

    /// <summary>Copies into the stream at <paramref name="position"/>.</summary>
    internal void Scatter(long position, ReadOnlySpan<byte> from)
    {
        var memory = _memory.Span;
        while (!from.IsEmpty)
        {
            var (page, within) = Math.DivRem(position, Case.PageBytes);
            var length = (int)Math.Min(Case.PageBytes - within, from.Length);
            from[..length].CopyTo(memory.Slice(_offsets[page] + (int)within, length));
            from = from[length..];
            position += length;
        }
    }

    /// <summary>Writes what <see cref="Check"/> expects.</summary>
    internal void Fill(ulong seed)
    {
        for (var page = 0; page < _offsets.Length; page++)
        {
            Pattern.Fill(_memory.Span.Slice(_offsets[page], Case.PageBytes), seed + (ulong)page);
        }
    }

    /// <summary>Finds the first page that is not what <see cref="Fill"/> wrote; -1 for none.</summary>
    internal int Check(ulong seed)
    {
        for (var page = 0; page < _offsets.Length; page++)
        {
            if (!Pattern.Matches(_memory.Span.Slice(_offsets[page], Case.PageBytes), seed + (ulong)page))
            {
                return page;
            }
        }

        return -1;
    }
}
