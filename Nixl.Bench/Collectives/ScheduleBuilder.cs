namespace Nixl.Bench.Collectives;

/// <summary>Collects the steps of one rank and prepares their transfers.</summary>
internal sealed class ScheduleBuilder(RankMemory memory, string backend)
{
    private string _backend = backend;
    private readonly List<Transfer> _transfers = [];
    private readonly List<int> _open = [];
    private List<Step> _steps = [];

    /// <summary>Later transfers go over this backend.</summary>
    internal ScheduleBuilder Over(string backend)
    {
        _backend = backend;
        return this;
    }

    /// <summary>Writes a part of this rank's memory into a peer's; the peer sees <paramref name="tag"/> when it is there.</summary>
    /// <returns>The number to wait for; -1 for an empty part, which nobody sends and nobody waits for.</returns>
    internal int Send(int peer, long from, long to, long bytes, int tag)
    {
        if (bytes == 0)
        {
            return -1;
        }

        _transfers.Add(memory.CreateWrite(peer, from, to, bytes, tag, _backend));
        var index = _transfers.Count - 1;
        _steps.Add(new Step(StepKind.Send, index));
        _open.Add(index);
        return index;
    }

    /// <summary>Posts a transfer that was prepared elsewhere, and owns it.</summary>
    internal void Post(Transfer transfer)
    {
        _transfers.Add(transfer);
        _steps.Add(new Step(StepKind.Send, _transfers.Count - 1));
        _open.Add(_transfers.Count - 1);
    }

    internal void AwaitSent(int index)
    {
        if (_open.Remove(index))
        {
            _steps.Add(new Step(StepKind.AwaitSent, index));
        }
    }

    /// <summary>Waits for everything that was sent and not waited for yet.</summary>
    internal void AwaitAllSent()
    {
        foreach (var index in _open)
        {
            _steps.Add(new Step(StepKind.AwaitSent, index));
        }

        _open.Clear();
    }

    internal void AwaitArrival(int tag, long bytes)
    {
        if (bytes > 0)
        {
            _steps.Add(new Step(StepKind.AwaitArrival, tag));
        }
    }

    internal void Add(long left, long right, long to, long bytes)
    {
        if (bytes > 0)
        {
            _steps.Add(new Step(StepKind.Add, 0, left, right, to, checked((int)bytes)));
        }
    }

    internal void Copy(long from, long to, long bytes) => _steps.Add(new Step(StepKind.Copy, 0, from, 0, to, checked((int)bytes)));

    /// <summary>The steps so far, as a list of their own; the next ones begin another.</summary>
    internal List<Step> TakeSteps()
    {
        var steps = _steps;
        _steps = [];
        return steps;
    }

    internal Schedule Build()
    {
        AwaitAllSent();
        return new Schedule(_transfers, TakeSteps());
    }

    /// <summary>With a first list that was taken before.</summary>
    internal Schedule Build(List<Step> even)
    {
        AwaitAllSent();
        return new Schedule(_transfers, even, TakeSteps());
    }

    /// <summary>Gives back what was prepared, when the rest cannot be.</summary>
    internal void Abandon() => new Schedule(_transfers, []).Dispose();
}
