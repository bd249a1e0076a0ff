namespace Nixl.Backends.Posix.Queues;

/// <summary>Batches that have ended while a queue's gate was held, to be reported when it is left. Uses the links of <see cref="BatchList"/>.</summary>
internal struct EndedBatches
{
    private IoBatch? _first;

    internal void Add(IoBatch batch)
    {
        batch.After = _first;
        _first = batch;
    }

    /// <summary>Tells the transfers. No gate is held: a transfer may be posted again at once.</summary>
    internal readonly int Report()
    {
        var count = 0;
        for (var batch = _first; batch is not null; count++)
        {
            var next = batch.After;
            batch.After = null;
            batch.Request.BatchEnded();
            batch = next;
        }

        return count;
    }
}
