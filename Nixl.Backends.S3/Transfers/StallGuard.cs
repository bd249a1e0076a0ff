namespace Nixl.Backends.S3.Transfers;

/// <summary>Ends a request that moves nothing for too long. One per attempt.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _outer;
    private readonly TimeSpan _limit;

    internal StallGuard(TimeSpan limit, CancellationToken outer)
    {
        (_limit, _outer) = (limit, outer);
        _source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _source.CancelAfter(limit);
    }

    /// <summary>Canceled with the post, or when nothing has moved for too long.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>Whether the limit ended the request, and not who posted it.</summary>
    internal bool IsStalled => _source.IsCancellationRequested && !_outer.IsCancellationRequested;

    /// <summary>Something moved.</summary>
    internal void Touch() => _source.CancelAfter(_limit);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
