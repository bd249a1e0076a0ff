using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Nixl.Samples.KvTransfer;

/// <summary>One process's KV cache: memory from the agent, registered once, and the pages handed out from it in an order of its own.</summary>
internal sealed class PagePool : IDisposable
{
    private readonly CacheGeometry _geometry;
    private readonly NixlMemory _memory;
    private readonly int[] _pages;

    /// <summary>Allocates and registers the pool and gives its pages to the prompt.</summary>
    /// <param name="agent">The agent that moves the pages.</param>
    /// <param name="geometry">The cache's shape.</param>
    /// <param name="seed">Decides the order of the pages. Pools that have been in use for a while hand out scattered pages; so does this one.</param>
    public PagePool(NixlAgent agent, CacheGeometry geometry, int seed)
    {
        _geometry = geometry;
        _memory = agent.AllocateMemory(geometry.PoolBytes, new MemoryAllocationOptions { Name = "kv-cache" });
        agent.Register(_memory);
        _pages = [.. Enumerable.Range(0, geometry.PageCount)];
        new Random(seed).Shuffle(_pages);
    }

    /// <summary>Where the pool begins.</summary>
    public ulong Address => _memory.Address;

    /// <summary>All of it, for another agent of the process to register.</summary>
    public DescriptorList Describe() => new(MemoryType.Dram, [_memory.Describe(0, _geometry.PoolBytes)]);

    /// <summary>The pool's pages that hold the request's pages, in the request's order: its page table.</summary>
    public ReadOnlySpan<int> PagesOf(int request) => _pages.AsSpan(_geometry.PagesOf(request));

    /// <summary>The pool's page that holds a page of the prompt.</summary>
    public int PageOfPrompt(int page) => _pages[page];

    /// <summary>The content of one block.</summary>
    public Span<ulong> Block(int plane, int poolPage)
        => MemoryMarshal.Cast<byte, ulong>(
            _memory.GetSpan((long)_geometry.BlockOf(plane, poolPage) * CacheGeometry.BlockBytes, CacheGeometry.BlockBytes));

    /// <summary>Writes the content of one page of a request.</summary>
    public void FillPage(int generation, int request, int page)
    {
        var poolPage = PagesOf(request)[page];
        for (var plane = 0; plane < CacheGeometry.Planes; plane++)
        {
            PageContent.Fill(Block(plane, poolPage), new BlockIdentity(generation, request, page, plane), _geometry);
        }
    }

    /// <summary>Compares every byte of a request's pages with what it must be.</summary>
    public bool VerifyRequest(int generation, int request, out ulong digest, [NotNullWhen(false)] out string? mismatch)
    {
        digest = 0;
        var pages = PagesOf(request);
        for (var page = 0; page < pages.Length; page++)
        {
            for (var plane = 0; plane < CacheGeometry.Planes; plane++)
            {
                var identity = new BlockIdentity(generation, request, page, plane);
                if (!PageContent.Verify(Block(plane, pages[page]), identity, _geometry, ref digest, out mismatch))
                {
                    return false;
                }
            }
        }

        mismatch = null;
        return true;
    }

    /// <summary>Needs the memory no more. It stays mapped while it is registered, and the registration is left to the agent's end, when its connections are
    /// closed: a peer that was not told, because a signal came, may read until then.</summary>
    public void Dispose() => _memory.Dispose();
}
