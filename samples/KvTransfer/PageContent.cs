using System.Diagnostics.CodeAnalysis;

namespace Nixl.Samples.KvTransfer;

/// <summary>The content of the cache. It stands for what a model would compute, and is made so that every misplaced byte is found.</summary>
/// <remarks>Each 8 bytes have a number that no other 8 bytes of the cache have in any generation (block, then token, head and position in the head), and hold
/// this number mixed by a function that loses nothing. So no two of them are equal: a swapped page, head or layer, a missed block and an old generation all
/// differ in every word, with certainty. And because the mixing can be undone, a wrong word tells where it belongs.</remarks>
internal static class PageContent
{
    private const ulong FirstMultiplier = 0x9E37_79B9_7F4A_7C15;
    private const ulong SecondMultiplier = 0xD6E8_FEB8_6659_FD93;
    private const int WordsPerHead = CacheGeometry.HeadDimension * CacheGeometry.ElementBytes / sizeof(ulong);

    /// <summary>Writes a block.</summary>
    public static void Fill(Span<ulong> block, BlockIdentity identity, CacheGeometry geometry)
    {
        var number = identity.Ordinal(geometry) * CacheGeometry.BlockWords;
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = Mix(number + (ulong)i);
        }
    }

    /// <summary>Compares every byte of a block with what it must hold.</summary>
    /// <param name="block">The block.</param>
    /// <param name="identity">What it must hold.</param>
    /// <param name="geometry">The cache's shape.</param>
    /// <param name="digest">Takes up every word of the block, so that what is made from it depends on all of them.</param>
    /// <param name="mismatch">The first difference, in words.</param>
    public static bool Verify(
        ReadOnlySpan<ulong> block, BlockIdentity identity, CacheGeometry geometry, ref ulong digest, [NotNullWhen(false)] out string? mismatch)
    {
        var number = identity.Ordinal(geometry) * CacheGeometry.BlockWords;
        ulong difference = 0;
        for (var i = 0; i < block.Length; i++)
        {
            difference |= block[i] ^ Mix(number + (ulong)i);
            digest ^= block[i];
        }

        mismatch = difference == 0 ? null : DescribeMismatch(block, identity, geometry, number);
        return mismatch is null;
    }

    /// <summary>A reversible function of 64 bits that makes neighbouring numbers look unrelated.</summary>
    public static ulong Mix(ulong number)
    {
        number *= FirstMultiplier;
        number ^= number >> 32;
        number *= SecondMultiplier;
        return number ^ (number >> 32);
    }

    private static string DescribeMismatch(ReadOnlySpan<ulong> block, BlockIdentity identity, CacheGeometry geometry, ulong number)
    {
        var word = 0;
        while (block[word] == Mix(number + (ulong)word))
        {
            word++;
        }

        var (token, head) = Math.DivRem(word / WordsPerHead, CacheGeometry.KvHeads);
        var found = BlockIdentity.FromOrdinal(Unmix(block[word]) / CacheGeometry.BlockWords, geometry, identity.Generation);
        return $"{identity}, token {token}, head {head} holds {(found is { } other ? $"what belongs to {other}" : "what belongs nowhere")}";
    }

    private static ulong Unmix(ulong mixed)
    {
        mixed ^= mixed >> 32;
        mixed *= Inverse(SecondMultiplier);
        mixed ^= mixed >> 32;
        return mixed * Inverse(FirstMultiplier);
    }

    /// <summary>The number by which a multiplication with an odd number is undone: Newton's iteration, which doubles the correct bits from 3 to 64.</summary>
    private static ulong Inverse(ulong odd)
    {
        var inverse = odd;
        for (var bits = 3; bits < 64; bits *= 2)
        {
            inverse *= 2 - (odd * inverse);
        }

        return inverse;
    }
}
