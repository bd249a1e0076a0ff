using System.Runtime.InteropServices;

namespace Nixl.Samples.KvTransfer;

/// <summary>What decode gives back: for each request one row of logits, one bf16 for every entry of Llama 3's vocabulary.</summary>
/// <remarks>A row is made from the digest of all pages of its request, so only who has read every one of them can write it.</remarks>
internal static class Logits
{
    private const int VocabularySize = 128_256;

    /// <summary>The size of a row.</summary>
    public const int RowBytes = VocabularySize * CacheGeometry.ElementBytes;

    public static long TotalBytes(CacheGeometry geometry) => (long)geometry.RequestCount * RowBytes;

    /// <summary>Every row of a result that begins at <paramref name="address"/>.</summary>
    public static DescriptorList DescribeRows(ulong address, CacheGeometry geometry)
    {
        var rows = new DescriptorList(MemoryType.Dram, geometry.RequestCount);
        for (var request = 0; request < geometry.RequestCount; request++)
        {
            rows.Add(address + ((ulong)request * RowBytes), RowBytes);
        }

        return rows;
    }

    public static void Fill(NixlMemory result, int request, ulong digest)
    {
        var row = Row(result, request);
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = PageContent.Mix(digest + (ulong)i);
        }
    }

    public static bool Verify(NixlMemory result, int request, ulong digest)
    {
        var row = Row(result, request);
        ulong difference = 0;
        for (var i = 0; i < row.Length; i++)
        {
            difference |= row[i] ^ PageContent.Mix(digest + (ulong)i);
        }

        return difference == 0;
    }

    private static Span<ulong> Row(NixlMemory result, int request) => MemoryMarshal.Cast<byte, ulong>(result.GetSpan((long)request * RowBytes, RowBytes));
}
