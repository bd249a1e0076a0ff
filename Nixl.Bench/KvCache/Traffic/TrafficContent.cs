using Nixl.Bench.Collectives;

namespace Nixl.Bench.KvCache.Traffic;

/// <summary>Bytes that tell who sent them to whom and which they are.</summary>
internal static class TrafficContent
{
    // Spans are at most 2 GiB.
    private const int PieceBytes = 1 << 24;

    internal static byte At(int sender, int receiver, long index) => (byte)((sender * 131) + (receiver * 31) + (index * 7) + (index >> 8) + (index >> 16) + 1);

    /// <summary>Writes what a rank sends, and something else where it receives.</summary>
    internal static void Fill(RankMemory memory, TrafficMatrix matrix, int rank)
    {
        for (var other = 0; other < matrix.Ranks; other++)
        {
            ForPieces(MemoryMap.Input + matrix.SendOffset(rank, other), matrix[rank, other], (offset, index, length) =>
            {
                var piece = memory.Span(offset, length);
                for (var i = 0; i < length; i++)
                {
                    piece[i] = At(rank, other, index + i);
                }

                return true;
            });
            ForPieces(memory.Map.Output + matrix.ReceiveOffset(other, rank), matrix[other, rank], (offset, index, length) =>
            {
                var piece = memory.Span(offset, length);
                for (var i = 0; i < length; i++)
                {
                    piece[i] = (byte)~At(other, rank, index + i);
                }

                return true;
            });
        }
    }

    /// <exception cref="BenchmarkException">A byte is another one: says which.</exception>
    internal static void Verify(RankMemory memory, TrafficMatrix matrix, int rank)
    {
        for (var sender = 0; sender < matrix.Ranks; sender++)
        {
            ForPieces(memory.Map.Output + matrix.ReceiveOffset(sender, rank), matrix[sender, rank], (offset, index, length) =>
            {
                var piece = memory.Span(offset, length);
                for (var i = 0; i < length; i++)
                {
                    if (piece[i] != At(sender, rank, index + i))
                    {
                        throw new BenchmarkException(
                            $"{matrix.Name}: byte {index + i} that rank {rank} got from rank {sender} is {piece[i]}, not {At(sender, rank, index + i)}.");
                    }
                }

                return true;
            });
        }
    }

    private static void ForPieces(long offset, long bytes, Func<long, long, int, bool> use)
    {
        for (long done = 0; done < bytes; done += PieceBytes)
        {
            use(offset + done, done, (int)Math.Min(PieceBytes, bytes - done));
        }
    }
}
