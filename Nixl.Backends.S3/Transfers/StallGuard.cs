namespace Nixl.Backends.S3.Transfers;

/// <summary>Ends a request that moves nothing for too long. One per attempt.</summary>
/// <remarks>Bodies are read in pieces of a few kilobytes: setting a timer for each would cost more than reading it, so that the time counts from the last piece give
/// or take a sixteenth of the limit.</remarks>
internal sealed class StallGuard : IDisposable
{
    private const int Resolution = 16;

    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _outer;
    private readonly TimeSpan _limit;
    private readonly long _resolutionMs;
    private long _touched = Environment.TickCount64;

    internal StallGuard(TimeSpan limit, CancellationToken outer)
    {
        (_limit, _outer, _resolutionMs) = (limit, outer, (long)limit.TotalMilliseconds / Resolution);
        _source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _source.CancelAfter(limit);
    }

    /// <summary>Canceled with the post, or when nothing has moved for too long.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>Whether the limit ended the request, and not who posted it.</summary>
    internal bool IsStalled => _source.IsCancellationRequested && !_outer.IsCancellationRequested;

    /// <summary>Something moved. Not after <see cref="Dispose"/>.</summary>
    internal void Touch()
    {
        var now = Environment.TickCount64;
        if (now - Volatile.Read(ref _touched) >= _resolutionMs)
        {
            Volatile.Write(ref _touched, now);
            _source.CancelAfter(_limit);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
