namespace Nixl.Samples.KvTransfer;

/// <summary>The shape of the KV cache of one prompt: Llama-3.1-8B's, in pages of 16 tokens as vLLM keeps it.</summary>
/// <remarks>
/// <para>One token needs 2 (K and V) × 32 layers × 8 KV heads × 128 × 2 bytes = 128 KiB, so 4,096 tokens need 512 MiB.</para>
/// <para>The pool is cut as vLLM's tensors <c>[2, pages, 16, 8, 128]</c>, one per layer: the K or V part of one layer is a <em>plane</em>, a plane holds one
/// block of 32 KiB for every page, and block b of the pool begins at byte b × 32 KiB. A page is therefore 64 blocks that lie far apart: this scatter is what makes
/// moving a KV cache different from moving a file.</para>
/// </remarks>
internal sealed record CacheGeometry(int PromptTokens, int PagesPerRequest)
{
    public const int Layers = 32;
    public const int KvHeads = 8;
    public const int HeadDimension = 128;
    public const int ElementBytes = 2; // bf16
    public const int PageTokens = 16;
    public const int Planes = Layers * 2;
    public const int BlockBytes = PageTokens * KvHeads * HeadDimension * ElementBytes;
    public const int BlockWords = BlockBytes / sizeof(ulong);
    public const int PageBytes = Planes * BlockBytes;

    public int PageCount => DivideUp(PromptTokens, PageTokens);

    public int BlockCount => PageCount * Planes;

    public int RequestCount => DivideUp(PageCount, PagesPerRequest);

    public long PoolBytes => (long)PageCount * PageBytes;

    /// <summary>The prompt's pages that belong to a request, counted from the beginning of the prompt; the last request may have fewer.</summary>
    public Range PagesOf(int request) => (request * PagesPerRequest)..Math.Min(PageCount, (request + 1) * PagesPerRequest);

    /// <summary>Where a pool keeps one plane's part of one of its pages.</summary>
    public int BlockOf(int plane, int poolPage) => (plane * PageCount) + poolPage;

    /// <summary>Every block of a pool that begins at <paramref name="address"/>, in order; the indices of transfers count in this list.</summary>
    public DescriptorList DescribeBlocks(ulong address)
    {
        var blocks = new DescriptorList(MemoryType.Dram, BlockCount);
        for (var block = 0; block < BlockCount; block++)
        {
            blocks.Add(address + ((ulong)block * BlockBytes), BlockBytes);
        }

        return blocks;
    }

    private static int DivideUp(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
