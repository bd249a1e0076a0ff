namespace Nixl.Samples.KvTransfer;

/// <summary>What a block of the cache holds: which generation of the content, for which request, page of the request, layer, and K or V.</summary>
/// <param name="Generation">1 for the first content; each rewrite counts up.</param>
/// <param name="Request">The request.</param>
/// <param name="Page">The page, counted within the request.</param>
/// <param name="Plane">Twice the layer, plus 1 for V.</param>
internal readonly record struct BlockIdentity(int Generation, int Request, int Page, int Plane)
{
    /// <summary>A number that no other block of any generation has. Never below 1, because generations begin at 1.</summary>
    public ulong Ordinal(CacheGeometry geometry)
    {
        var page = ((((ulong)Generation * (ulong)geometry.RequestCount) + (ulong)Request) * (ulong)geometry.PagesPerRequest) + (ulong)Page;
        return (page * CacheGeometry.Planes) + (ulong)Plane;
    }

    /// <summary>The block with this ordinal, or null where no generation up to <paramref name="newest"/> has one.</summary>
    public static BlockIdentity? FromOrdinal(ulong ordinal, CacheGeometry geometry, int newest)
    {
        var (page, plane) = Math.DivRem(ordinal, CacheGeometry.Planes);
        var (request, pageOfRequest) = Math.DivRem(page, (ulong)geometry.PagesPerRequest);
        var (generation, requestOfGeneration) = Math.DivRem(request, (ulong)geometry.RequestCount);
        return generation >= 1 && generation <= (ulong)newest
            ? new BlockIdentity((int)generation, (int)requestOfGeneration, (int)pageOfRequest, (int)plane)
            : null;
    }

    public override string ToString() => $"generation {Generation}, request {Request}, page {Page}, layer {Plane / 2} {(Plane % 2 == 0 ? 'K' : 'V')}";
}
