namespace Nixl.Backends.Posix.Queues;

/// <summary>What io_uring and Linux AIO share: batches issued in order while there is room, results taken in any order, all under one gate.</summary>
/// <remarks>The number in flight never exceeds the depth, and the completion queue has room for all of them and their cancellations: it cannot overflow.</remarks>
internal abstract unsafe class KernelQueue : IIoQueue
{
    // Issuing a buffered operation copies its bytes in the call: about 50 µs for these.
    private const long InlineBytesMax = 256 * 1024;

    // A full queue is topped up in strides instead of one by one; a device has enough to do with this many.
    private const int EnoughInFlight = 64;

    private readonly QueueGate _gate = new();
    private readonly int _topUpBelow;
    private BatchList _issuing;
    private readonly List<IoBatch> _uncancelled = []; // those for whose cancellations there was no room; hardly ever any
    private EndedBatches _ended;
    private IoOperation* _againFirst;
    private IoOperation* _againLast;
    private long _waiting;
    private int _inFlight;
    private bool _isCutShort;

    private protected KernelQueue(int depth)
    {
        Depth = depth;
        _topUpBelow = Math.Max(depth / 2, Math.Min(depth - 1, EnoughInFlight));
    }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>The most operations that the kernel has at once.</summary>
    internal int Depth { get; }

    /// <summary>Operations that the kernel has. Only a hint without the gate.</summary>
    internal int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Calls that handed operations to the kernel, for tests and reports.</summary>
    internal long Submissions { get; private protected set; }

    /// <summary>Operations whose cancellation was asked for, for tests and reports.</summary>
    internal long Cancellations { get; private set; }

    /// <summary>Whether operations wait in memory for being handed over. Under the gate.</summary>
    private protected abstract bool HasUnsubmitted { get; }

    private bool HasLocalWork => HasUnsubmitted || _uncancelled.Count > 0 || _isCutShort || (_waiting > 0 && MayIssue());

    /// <inheritdoc/>
    public void Start(IoBatch batch)
    {
        _gate.Enter();
        _issuing.Add(batch);
        _waiting += batch.Count;
        Issue();
        Reap();
        Leave();
    }

    /// <inheritdoc/>
    public void Cancel(IoBatch batch)
    {
        _gate.Enter();
        SkipRest(batch);
        batch.Asked = 0;
        if (!TryCancelAll(batch) && !batch.IsOver && !_uncancelled.Contains(batch))
        {
            _uncancelled.Add(batch);
        }

        Submit();
        Reap();
        Leave();
    }

    /// <inheritdoc/>
    public int Progress()
    {
        if ((InFlight == 0 && Volatile.Read(ref _waiting) == 0) || !_gate.TryEnter())
        {
            return 0;
        }

        var events = Reap();
        CancelAgain();
        Issue();
        var more = HasLocalWork ? 1 : 0;
        return Math.Max(events + Leave(), more);
    }

    /// <inheritdoc/>
    public bool TryArm()
    {
        if (!_gate.TryEnter())
        {
            return false;
        }

        var isQuiet = !HasCompletions() && !HasLocalWork;
        _gate.Exit();
        return isQuiet;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Whether <see cref="Place"/> has room for one more; may call <see cref="Submit"/> to make some.</summary>
    private protected abstract bool HasRoom();

    /// <summary>Writes one operation where <see cref="Submit"/> takes it from. There is room.</summary>
    private protected abstract void Place(IoOperation* operation);

    /// <summary>Hands over what was placed. What the kernel refuses comes back through <see cref="Returned"/>; what it does not take now stays.</summary>
    private protected abstract void Submit();

    /// <summary>Takes results and passes them to <see cref="Returned"/>; the number taken.</summary>
    private protected abstract int Reap();

    /// <summary>Whether results are there to be taken.</summary>
    private protected abstract bool HasCompletions();

    /// <summary>Asks for an early end of an operation that is in flight, whose result comes as any other; false when there is no room for the wish.</summary>
    private protected abstract bool TryCancelOne(IoOperation* operation);

    /// <summary>Runs <paramref name="action"/> under the gate, issues what it made room for and reports what it ended: for a thread of the queue's own.
    /// True when work is left that no event announces.</summary>
    private protected bool UnderGate(Action action)
    {
        _gate.Enter();
        action();
        Issue();
        var isMore = HasLocalWork;
        Leave();
        return isMore;
    }

    /// <summary>Takes the result of one operation. Under the gate.</summary>
    private protected void Returned(IoOperation* operation, long result)
    {
        var batch = IoBatch.Of(operation);
        operation->InFlight = false;
        Volatile.Write(ref _inFlight, _inFlight - 1);
        if (IoResult.Take(operation, result, batch.Request))
        {
            batch.Outstanding--;
        }
        else
        {
            PushAgain(operation);
        }

        if (batch.Request.ShouldStop)
        {
            SkipRest(batch);
        }
        else
        {
            EndIfOver(batch);
        }
    }

    private bool MayIssue() => _inFlight < Depth && (_waiting <= Depth - _inFlight || _inFlight <= _topUpBelow);

    /// <summary>Issues as much as there is room for, in one call to the kernel.</summary>
    private void Issue()
    {
        _isCutShort = false;
        var isAny = HasUnsubmitted;
        if (_waiting > 0 && MayIssue())
        {
            var inlineBytes = 0L;
            while (_inFlight < Depth && HasRoom())
            {
                var operation = TakeNext();
                if (operation is null)
                {
                    break;
                }

                operation->InFlight = true;
                Volatile.Write(ref _inFlight, _inFlight + 1);
                Place(operation);
                isAny = true;
                inlineBytes += operation->IsDirect ? 0 : operation->Length - operation->Done;
                if (inlineBytes >= InlineBytesMax)
                {
                    _isCutShort = _waiting > 0;
                    break;
                }
            }
        }

        if (isAny)
        {
            Submit();
        }
    }

    /// <summary>Asks for the end of what the kernel has of a batch, from where it was left; false when there is no room for more.</summary>
    private bool TryCancelAll(IoBatch batch)
    {
        for (; batch.Asked < batch.Count && batch.Outstanding > 0; batch.Asked++)
        {
            if (!batch.Operations[batch.Asked].InFlight)
            {
                continue;
            }

            if (!TryCancelOne(batch.Operations + batch.Asked))
            {
                return false;
            }

            Cancellations++;
        }

        return true;
    }

    private void CancelAgain()
    {
        while (_uncancelled.Count > 0 && _uncancelled[^1] is var batch && TryCancelAll(batch))
        {
            _uncancelled.Remove(batch); // not by place: making room may have ended a batch
        }
    }

    private IoOperation* TakeNext()
    {
        if (_againFirst is not null)
        {
            var again = _againFirst;
            _againFirst = again->Next;
            _againLast = _againFirst is null ? null : _againLast;
            again->Next = null;
            _waiting--;
            return again;
        }

        while (_issuing.First is { } batch)
        {
            if (batch.Request.ShouldStop)
            {
                SkipRest(batch);
                continue;
            }

            var operation = batch.Operations + batch.Next++;
            batch.Outstanding++;
            _waiting--;
            if (batch.Next == batch.Count)
            {
                _issuing.Remove(batch);
            }

            return operation;
        }

        return null;
    }

    /// <summary>Gives up what is not issued: of the batch, and its operations that were to be issued again.</summary>
    private void SkipRest(IoBatch batch)
    {
        if (batch.Next < batch.Count)
        {
            batch.Request.NoteStopped();
            _waiting -= batch.Count - batch.Next;
            batch.Next = batch.Count;
        }

        _issuing.Remove(batch);
        IoOperation* before = null;
        for (var operation = _againFirst; operation is not null;)
        {
            var next = operation->Next;
            if (IoBatch.Of(operation) == batch)
            {
                Unlink(before, operation);
                batch.Request.NoteStopped();
                batch.Outstanding--;
                _waiting--;
            }
            else
            {
                before = operation;
            }

            operation = next;
        }

        EndIfOver(batch);
    }

    private void Unlink(IoOperation* before, IoOperation* operation)
    {
        if (before is null)
        {
            _againFirst = operation->Next;
        }
        else
        {
            before->Next = operation->Next;
        }

        if (_againLast == operation)
        {
            _againLast = before;
        }

        operation->Next = null;
    }

    private void PushAgain(IoOperation* operation)
    {
        operation->Next = null;
        if (_againLast is null)
        {
            _againFirst = operation;
        }
        else
        {
            _againLast->Next = operation;
        }

        _againLast = operation;
        _waiting++;
    }

    private void EndIfOver(IoBatch batch)
    {
        if (batch.IsOver && !batch.IsReported)
        {
            batch.IsReported = true;
            _ = _uncancelled.Count > 0 && _uncancelled.Remove(batch);
            _ended.Add(batch);
        }
    }

    /// <summary>Leaves the gate and reports what has ended meanwhile; the number of batches.</summary>
    private int Leave()
    {
        var ended = _ended;
        _ended = default;
        _gate.Exit();
        return ended.Report();
    }
}
