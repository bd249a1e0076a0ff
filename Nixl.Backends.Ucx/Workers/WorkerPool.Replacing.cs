namespace Nixl.Backends.Ucx.Workers;

/// <content>Replacing and ending groups.</content>
internal sealed partial class WorkerPool
{
    // How often groups are looked at that have nothing left but endpoints that are closing.
    private const int TendMilliseconds = 100;

    // Several times what a peer that lives takes for its part of a handshake.
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(10);

    /// <summary>Closes the connections of all workers: for at most <paramref name="limit"/> in each of its two steps, all workers together.</summary>
    internal void CloseConnections(TimeSpan limit)
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        _tending.Dispose();
        Array.ForEach(_groups, static group => group.StopThreads());
        foreach (var worker in _workers)
        {
            worker.Connections.DropAll();
        }

        var deadline = Deadline.After(limit);
        foreach (var worker in _workers)
        {
            worker.Connections.AwaitClosings(deadline, limit);
        }

        deadline = Deadline.After(limit);
        foreach (var (worker, flush) in _workers.Select(static worker => (worker, worker.BeginFlush())).ToList())
        {
            flush.Wait(worker, deadline.Left);
        }

        AwaitQuiet(deadline);
    }

    /// <summary>Destroys every worker, when the connections are closed.</summary>
    public void Dispose()
    {
        Array.ForEach(_groups, group => Ending?.Invoke(group));
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _events?.Dispose();
    }

    /// <summary>The group that a new peer gets its endpoints on; null with the reason where there is none and none can be had.</summary>
    private WorkerGroup? ForNewPeer(string agent, out NixlStatus status, out BackendFault fault)
    {
        (status, fault) = (NixlStatus.Success, default);
        if (_current is { } current && !IsWorn(current))
        {
            return current;
        }

        var worn = _current;
        if (worn is null || TakesOver(worn))
        {
            _current = OpenGroup(out status, out fault) ?? worn;
        }

        if (worn is not null && _current == worn)
        {
            // Something is better than nothing: the peer is reached, and what is left behind is left a little longer.
            _logger.GroupNotReplaced(_agent, agent, fault.Detail ?? "there are too many already");
            (status, fault) = (NixlStatus.Success, default);
        }
        else if (worn is not null)
        {
            _logger.GroupReplaced(_agent, agent, worn.Dropped, worn.HasClosings, worn.First.Connections.Count);
            Tend();
        }

        return _current;
    }

    /// <summary>Whether there is room for another group: each one that still has peers, or endpoints that are closing, stays, has descriptors of its own, and is looked
    /// at in every round of progress.</summary>
    private bool TakesOver(WorkerGroup worn) => _groups.Length < _groupsMax || (!worn.HasPeers && worn != Home && !IsStuck(worn));

    /// <summary>Where the process is short of descriptors, gives dropped endpoints time to close, and ends workers that nothing but dropped endpoints hold: those keep
    /// descriptors of theirs until then.</summary>
    private void MakeRoom()
    {
        var deadline = Deadline.After(ClosingLimit);
        var isWaiting = true;
        while (isWaiting && !DescriptorUse.HasRoomFor(_options.Workers, _current is null || IsWorn(_current) ? _options.Workers : 0))
        {
            isWaiting = TryReclaim() && deadline.Left > TimeSpan.Zero;
        }
    }

    /// <summary>One step of it; false when there is nothing to wait for.</summary>
    private bool TryReclaim()
    {
        if (Progress() == 0)
        {
            Thread.Yield();
        }

        Tend();
        if (_current is { Dropped: > 0, HasPeers: false, HasClosings: false } spent && spent != Home)
        {
            End(spent, isStuck: false);
        }

        return Array.Exists(_groups, static group => group.HasClosings);
    }

    private bool IsWorn(WorkerGroup group) => group.Dropped >= _droppedMax || (!_options.PeerErrors && IsStuck(group));

    /// <summary>Whether an endpoint stays open although it was dropped; one that only waits for a round of progress gets it.</summary>
    private bool IsStuck(WorkerGroup group)
    {
        var pause = Deadline.After(ClosingPause);
        while (group.HasClosings && pause.Left > TimeSpan.Zero)
        {
            _ = Progress();
        }

        return group.HasClosings;
    }

    private WorkerGroup? OpenGroup(out NixlStatus status, out BackendFault fault)
    {
        var workers = _factory.Open(_options.Workers, receives: false, out _, out var listening, out status, out fault);
        if (workers is null)
        {
            return null;
        }

        var group = new WorkerGroup(workers, _options.SharedWorkers, _options.SharedWorkers, listening, _agent, Signal);
        Publish([.. _groups, group]);

        // Whoever sleeps does so on what there was before.
        Receiver.Wake();
        return group;
    }

    private void Publish(WorkerGroup[] groups)
    {
        UcxWorker[] workers = [.. groups.SelectMany(static group => group.All.ToArray())];
        Array.ForEach(workers, worker => worker.ProgressAll = Progress);
        (_groups, _workers) = (groups, workers);

        // One worker has a descriptor of its own; several share a set, or are polled where there can be none. A worker that is destroyed leaves the set by itself.
        if (workers.Length > 1 && _events is null && workers.All(static worker => worker.EventFd >= 0))
        {
            _events = EventSet.TryCreate();
        }

        _isPolled = workers.Length > 1 && (_events is not { } events || !workers.All(worker => events.TryAdd(worker.EventFd)));
    }

    private void TendLater()
    {
        lock (_gate)
        {
            Tend();
        }
    }

    /// <summary>Destroys groups that no peer needs any more, at once or when what was dropped last has had its time.</summary>
    private void Tend()
    {
        var isWaiting = false;
        foreach (var group in _isClosed ? [] : _groups)
        {
            if (group == Home || group.HasPeers)
            {
                continue;
            }

            var closes = group.HasClosings;
            if (closes && Environment.TickCount64 < group.Patience)
            {
                isWaiting = true;
            }
            else if (closes || group != _current)
            {
                End(group, closes);
            }
        }

        if (isWaiting)
        {
            _tending.Change(TendMilliseconds, Timeout.Infinite);
        }
    }

    private void End(WorkerGroup group, bool isStuck)
    {
        _current = _current == group ? null : _current;
        group.StopThreads();
        Publish([.. _groups.Where(other => other != group)]);
        Ending?.Invoke(group);
        foreach (var worker in group.All)
        {
            worker.Connections.Abandon();
            worker.Dispose();
        }

        Ended?.Invoke(group);
        _logger.GroupEnded(_agent, group.Dropped, isStuck);
    }

    /// <summary>Lets handshakes of peers end. A worker that is destroyed with its answer to one still unsent trips an assertion of libucp 1.13
    /// (<c>ucp_request_send_state_ff: got REP message</c>), which aborts the process; and the flush of a worker does not wait for answers that a connection in
    /// the making holds back.</summary>
    private void AwaitQuiet(Deadline deadline)
    {
        var quiet = Deadline.After(QuietTime);
        while (_workers.Any(static worker => worker.HasSeenEvents) && quiet.Left > TimeSpan.Zero && deadline.Left > TimeSpan.Zero)
        {
            if (Progress() > 0)
            {
                quiet = Deadline.After(QuietTime);
            }
            else
            {
                Thread.Yield();
            }
        }
    }
}
