namespace Nixl.Backends.Ucx.Transfers;

/// <summary>A first-in first-out list through the requests themselves; a request is in at most one. Guarded by the worker's lock.</summary>
internal struct RequestQueue
{
    private UcxRequest? _head;
    private UcxRequest? _tail;

    internal readonly bool IsEmpty => _head is null;

    internal void Push(UcxRequest request)
    {
        if (_tail is null)
        {
            _head = request;
        }
        else
        {
            _tail.Link = request;
        }

        _tail = request;
    }

    internal UcxRequest? Pop()
    {
        var request = _head;
        if (request is not null)
        {
            _head = request.Link;
            _tail = _head is null ? null : _tail;
            request.Link = null;
        }

        return request;
    }

    /// <summary>Takes the whole chain, linked by <see cref="UcxRequest.Link"/>.</summary>
    internal UcxRequest? TakeAll()
    {
        var chain = _head;
        _head = null;
        _tail = null;
        return chain;
    }
}
