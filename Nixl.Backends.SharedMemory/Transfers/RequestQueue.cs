namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Requests on their way from the threads that post to whoever progresses. No lock; the links are in the requests.</summary>
internal sealed class RequestQueue
{
    private ShmRequest? _newest;

    internal bool IsEmpty => Volatile.Read(ref _newest) is null;

    internal void Add(ShmRequest request)
    {
        var newest = Volatile.Read(ref _newest);
        while (true)
        {
            request.Link = newest;
            var seen = Interlocked.CompareExchange(ref _newest, request, newest);
            if (seen == newest)
            {
                return;
            }

            newest = seen;
        }
    }

    /// <summary>Takes all, the oldest first; linked by <see cref="ShmRequest.Link"/>.</summary>
    internal ShmRequest? TakeAll()
    {
        if (IsEmpty)
        {
            return null;
        }

        ShmRequest? oldest = null;
        var next = Interlocked.Exchange(ref _newest, null);
        while (next is not null)
        {
            (next.Link, oldest, next) = (oldest, next, next.Link);
        }

        return oldest;
    }
}
