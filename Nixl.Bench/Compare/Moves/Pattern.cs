using System.Runtime.InteropServices;

namespace Nixl.Bench.Compare.Moves;

/// <summary>Bytes that differ from place to place and from seed to seed.</summary>
internal static class Pattern
{
    // Knuth's multiplier for 64 bits; odd, so that no two words of a page are equal.
    private const ulong Factor = 6364136223846793005;

    internal static void Fill(Span<byte> bytes, ulong seed)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = Word(seed, i);
        }
    }

    internal static bool Matches(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] != Word(seed, i))
            {
                return false;
            }
        }

        return true;
    }

    private static ulong Word(ulong seed, int index) => (seed * Factor) + ((ulong)(uint)index * (Factor ^ 0x5555_5555_5555_5550));
}
