using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Nixl.Bench.Transfers;

/// <summary>Bytes that tell where they belong: another key, another offset, or bytes of an earlier case are other bytes.</summary>
internal static class Pattern
{
    private const int Word = sizeof(ulong);

    // Odd constants of the golden ratio and of MurmurHash3's finalizer: every bit of key and offset reaches every byte.
    private const ulong Step = 0x9E3779B97F4A7C15;
    private const ulong Mix = 0xFF51AFD7ED558CCD;

    /// <summary>The key of a source: the content differs by whatever is named.</summary>
    internal static ulong Key(int seed, int device, int part, int caseNumber)
        => Scramble(Scramble(Scramble(Scramble((ulong)seed) + (ulong)device) + (ulong)part) + (ulong)caseNumber);

    /// <summary>Writes the bytes that belong at <paramref name="offset"/>.</summary>
    internal static void Fill(Span<byte> bytes, ulong key, long offset)
    {
        var head = Head(bytes.Length, offset);
        for (var i = 0; i < head; i++)
        {
            bytes[i] = ByteAt(key, offset + i);
        }

        var words = MemoryMarshal.Cast<byte, ulong>(bytes[head..]);
        var first = (offset + head) / Word;
        for (var i = 0; i < words.Length; i++)
        {
            var word = WordAt(key, first + i);
            words[i] = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        }

        for (var i = head + (words.Length * Word); i < bytes.Length; i++)
        {
            bytes[i] = ByteAt(key, offset + i);
        }
    }

    /// <summary>The index of the first byte that does not belong at its place; -1 when all do.</summary>
    internal static int FirstMismatch(ReadOnlySpan<byte> bytes, ulong key, long offset)
    {
        var head = Head(bytes.Length, offset);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes[head..]);
        var first = (offset + head) / Word;
        var at = FirstMismatchOfBytes(bytes[..head], key, offset);
        for (var i = 0; i < words.Length && at < 0; i++)
        {
            var word = WordAt(key, first + i);
            if (words[i] != (BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)))
            {
                var from = head + (i * Word);
                at = from + FirstMismatchOfBytes(bytes.Slice(from, Word), key, offset + from);
            }
        }

        if (at >= 0)
        {
            return at;
        }

        var tail = head + (words.Length * Word);
        at = FirstMismatchOfBytes(bytes[tail..], key, offset + tail);
        return at < 0 ? -1 : tail + at;
    }

    private static int FirstMismatchOfBytes(ReadOnlySpan<byte> bytes, ulong key, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != ByteAt(key, offset + i))
            {
                return i;
            }
        }

        return -1;
    }

    private static int Head(int length, long offset) => (int)Math.Min(length, (Word - (offset % Word)) % Word);

    private static byte ByteAt(ulong key, long offset) => (byte)(WordAt(key, offset / Word) >> (int)(offset % Word * 8));

    private static ulong WordAt(ulong key, long word) => Scramble(key + ((ulong)word * Step));

    private static ulong Scramble(ulong value)
    {
        value ^= value >> 33;
        value *= Mix;
        return value ^ (value >> 29);
    }
}
