namespace Nixl.Backends.Posix.Queues;

/// <summary>Batches in the order in which they were posted, any of which can be taken out. Links lie in the batches; guarded by the queue's gate.</summary>
internal struct BatchList
{
    private IoBatch? _last;

    /// <summary>The batch that has waited longest.</summary>
    internal IoBatch? First { get; private set; }

    internal void Add(IoBatch batch)
    {
        batch.IsListed = true;
        batch.Before = _last;
        batch.After = null;
        if (_last is null)
        {
            First = batch;
        }
        else
        {
            _last.After = batch;
        }

        _last = batch;
    }

    internal void Remove(IoBatch batch)
    {
        if (!batch.IsListed)
        {
            return;
        }

        batch.IsListed = false;
        if (batch.Before is null)
        {
            First = batch.After;
        }
        else
        {
            batch.Before.After = batch.After;
        }

        if (batch.After is null)
        {
            _last = batch.Before;
        }
        else
        {
            batch.After.Before = batch.Before;
        }

        (batch.Before, batch.After) = (null, null);
    }
}
