namespace Nixl.Samples.KvTransfer;

/// <summary>Which pages of prefill's pool hold a request's pages, in the request's order.</summary>
internal sealed record PageTable(int Request, int[] Pages)
{
    /// <summary>Why the table cannot be used, or null. It comes from another process, so nothing in it is taken for granted.</summary>
    public string? Problem(CacheGeometry geometry)
    {
        if (Request < 0 || Request >= geometry.RequestCount)
        {
            return $"there is no request {Request}";
        }

        var expected = geometry.PagesOf(Request).GetOffsetAndLength(geometry.PageCount).Length;
        return Pages is null || Pages.Length != expected ? $"request {Request} has {expected} pages"
            : Pages.Any(page => page < 0 || page >= geometry.PageCount) ? $"request {Request} names a page outside the pool"
            : null;
    }
}
