using System.Runtime.InteropServices;
using Nixl.Interop;

namespace Nixl;

/// <summary>Makes a new mapping what its options ask for, in the order that matters: policy before pages, huge pages before small ones.</summary>
/// <remarks>Used by one thread, once.</remarks>
internal sealed unsafe class MappingPreparation(SealedMapping mapping, nint address, MemoryAllocationOptions options)
{
    /// <summary>Node numbers that a mask can name: the largest machine that Linux is built for has 1,024 nodes.</summary>
    internal const int NodesMax = 1024;

    // Huge pages can be short for a moment (EAGAIN: a page was locked or just being moved).
    private const int CollapseAttemptsMax = 3;

    private readonly List<string> _shortfalls = [];

    /// <summary>What was asked for and not obtained, one sentence each.</summary>
    internal IReadOnlyList<string> Shortfalls => _shortfalls;

    /// <summary>Bytes backed by huge pages, as read back.</summary>
    internal long HugePageBytes { get; private set; }

    /// <summary>The node asked for, if the pages are (or will preferably be) there.</summary>
    internal int? NumaNode { get; private set; }

    /// <summary>Does all of it.</summary>
    /// <exception cref="NixlException">The pages could not be allocated.</exception>
    internal void Run()
    {
        // A dump would contain the users' data and be as large as the memory. A child that only inherited the mapping could change what a peer or a device
        // reads, and would keep the pages alive.
        Advise(Mman.MADV_DONTDUMP, "The memory may appear in core dumps: madvise(MADV_DONTDUMP)");
        Advise(Mman.MADV_DONTFORK, "Child processes inherit the memory: madvise(MADV_DONTFORK)");

        var isPolicySet = options.NumaNode is { } node && TryPreferNode(node);
        if (options.HugePages)
        {
            PrepareHugePages();
        }

        if (options.Populate)
        {
            PagePopulation.Populate(address, mapping.Length, mapping.File);
        }

        if (options.HugePages && options.Populate)
        {
            ReadBackHugePages();
        }

        if (isPolicySet)
        {
            ReadBackNode(options.NumaNode.GetValueOrDefault());
        }
    }

    private long WholeHugePages => mapping.Length & -SealedMapping.HugePageSize;

    private void Advise(int advice, string consequence)
    {
        if (Mman.madvise(address, (nuint)mapping.Length, advice) != 0)
        {
            AddShortfall(consequence, Marshal.GetLastPInvokeError());
        }
    }

    private bool TryPreferNode(int node)
    {
        var mask = stackalloc ulong[NodesMax / 64];
        new Span<ulong>(mask, NodesMax / 64).Clear();
        mask[node / 64] = 1ul << (node % 64);
        if (Mempolicy.mbind(address, (nuint)mapping.Length, Mempolicy.MPOL_PREFERRED, mask, NodesMax + 1, 0) == 0)
        {
            return true;
        }

        AddShortfall($"The memory is not placed on NUMA node {node}: mbind", Marshal.GetLastPInvokeError());
        return false;
    }

    // One page in each block makes it eligible. Where the system allows huge shared memory that page already is a huge one; elsewhere collapsing makes it so.
    private void PrepareHugePages()
    {
        if (WholeHugePages == 0 || !options.Populate)
        {
            _shortfalls.Add(options.Populate
                ? $"There are no huge pages: the memory is smaller than {SealedMapping.HugePageSize} bytes."
                : "There are no huge pages: only populated memory can have them.");
            return;
        }

        // For the whole length: advice for a part would split the mapping in two, and what is read back would be that of the first.
        _ = Mman.madvise(address, (nuint)mapping.Length, Mman.MADV_HUGEPAGE);
        for (long offset = 0; offset < WholeHugePages; offset += SealedMapping.HugePageSize)
        {
            if (PagePopulation.TryPopulate((nint)(address + offset), Environment.SystemPageSize) != 0)
            {
                // Too old a kernel also has no MADV_COLLAPSE; a shortage is reported by the population that follows.
                return;
            }
        }

        Collapse();
    }

    private void Collapse()
    {
        for (var attempt = 1; Mman.madvise(address, (nuint)WholeHugePages, Mman.MADV_COLLAPSE) != 0; attempt++)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EAGAIN || attempt == CollapseAttemptsMax)
            {
                AddShortfall("Not all of the memory has huge pages: madvise(MADV_COLLAPSE)", errno);
                return;
            }
        }
    }

    private void ReadBackHugePages()
    {
        if (MappingReport.HugePageBytes((ulong)address) is not { } bytes)
        {
            _shortfalls.Add("Whether there are huge pages is unknown: /proc/self/smaps does not tell.");
            return;
        }

        HugePageBytes = bytes;
        if (bytes < WholeHugePages)
        {
            _shortfalls.Add($"Huge pages back {bytes} of {mapping.Length} bytes.");
        }
    }

    private void ReadBackNode(int node)
    {
        if (MappingReport.PagesOnNode((ulong)address, node) is not { } pages)
        {
            _shortfalls.Add($"Whether the memory is on NUMA node {node} is unknown: /proc/self/numa_maps does not tell.");
        }
        else if (pages.OnNode < pages.Total)
        {
            _shortfalls.Add($"Only {pages.OnNode} of {pages.Total} pages are on NUMA node {node}: it has no more free memory.");
        }
        else
        {
            NumaNode = node;
        }
    }

    private void AddShortfall(string what, int errno)
        => _shortfalls.Add($"{what} answered {errno} ({Marshal.GetPInvokeErrorMessage(errno)}).");
}
