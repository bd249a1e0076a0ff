using System.Buffers.Binary;

namespace Nixl.Bench.Collectives;

/// <summary>What one rank measured of a block of operations.</summary>
/// <param name="Ticks">Of <see cref="System.Diagnostics.Stopwatch"/>, for all of them.</param>
/// <param name="ThreadBytes">Bytes that the measured thread allocated.</param>
/// <param name="ProcessBytes">Bytes that the whole process allocated, what waits for other ranks and beats included.</param>
internal readonly record struct RankTimes(long Ticks, long ThreadBytes, long ProcessBytes)
{
    private const int Bytes = 3 * sizeof(long);

    internal byte[] Encode()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(sizeof(long)), ThreadBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(2 * sizeof(long)), ProcessBytes);
        return bytes;
    }

    /// <exception cref="BenchmarkException">It is none.</exception>
    internal static RankTimes Decode(byte[] bytes)
        => bytes.Length == Bytes
            ? new RankTimes(
                BinaryPrimitives.ReadInt64LittleEndian(bytes),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(sizeof(long))),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(2 * sizeof(long))))
            : throw new BenchmarkException("A rank sent times that are none.");
}
