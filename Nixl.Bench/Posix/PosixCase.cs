namespace Nixl.Bench.Posix;

/// <summary>What is compared: one access pattern.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="IsWrite">Whether bytes go to the file.</param>
/// <param name="IsDirect">Whether the page cache is bypassed.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Depth">Blocks with the kernel at the same time; threads where the page cache serves.</param>
/// <param name="Blocks">Blocks of one transfer.</param>
internal sealed record PosixCase(string Name, bool IsWrite, bool IsDirect, int BlockBytes, int Depth, int Blocks)
{
    /// <summary>The cases with a budget, see docs/performance.md; two threads because this is what the smallest machine has.</summary>
    internal static readonly PosixCase[] All =
    [
        new("direct read, 4 KiB random, depth 32", IsWrite: false, IsDirect: true, 4096, 32, 4096),
        new("direct read, 1 MiB, depth 8", IsWrite: false, IsDirect: true, 1 << 20, 8, 128),
        new("direct write, 1 MiB, depth 8", IsWrite: true, IsDirect: true, 1 << 20, 8, 128),
        new("cached read, 4 KiB random, 2 threads", IsWrite: false, IsDirect: false, 4096, 2, 4096),
        new("cached write, 4 KiB random, 2 threads", IsWrite: true, IsDirect: false, 4096, 2, 4096),
        new("cached read, 1 MiB, 2 threads", IsWrite: false, IsDirect: false, 1 << 20, 2, 128),
        new("cached write, 1 MiB, 2 threads", IsWrite: true, IsDirect: false, 1 << 20, 2, 128),
    ];

    /// <summary>Whether the agent posts as many transfers of one block as the case has depth: a queue of the backend is never shorter than 16.</summary>
    internal bool PostsOneByOne => IsDirect && BlockBytes >= 1 << 20;

    /// <summary>Whether the agent is polled, as fio polls its ring; where the backend's threads serve, polling would be one thread more than the others have.</summary>
    internal bool Polls => IsDirect && !PostsOneByOne;

    /// <summary>The offsets of one transfer, the same for every contender.</summary>
    internal long[] Offsets(long fileBytes)
    {
        var random = new Random(7);
        var places = fileBytes / BlockBytes;
        return [.. Enumerable.Range(0, Blocks).Select(i => (BlockBytes >= 1 << 20 ? i % places : random.NextInt64(places)) * BlockBytes)];
    }
}
