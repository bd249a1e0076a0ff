using System.Diagnostics;

namespace Nixl.Discovery;

/// <content>The task that talks to the store.</content>
internal sealed partial class StorePublisher
{
    // How often the holder of a name that this agent wants is looked at.
    private static readonly TimeSpan HolderInterval = TimeSpan.FromMilliseconds(250);

    // Beyond the lease of a holder that is gone: the store's clock and this one begin at different moments.
    private static readonly TimeSpan HolderSlack = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1, 1); // held for one step; guards what only the running task uses

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(NextLook(), _stop.Token).ConfigureAwait(false);
                while (_wake.Wait(0, CancellationToken.None))
                {
                    // Everything that was asked for so far is one step.
                }

                await TryStepAsync().ConfigureAwait(false);
                await Task.Delay(PublishSpacingMs, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private TimeSpan NextLook()
        => !_isWanted ? Timeout.InfiniteTimeSpan
            : _failure is not null ? TimeSpan.FromMilliseconds(_retryMs)
            : _link.Directory is null ? Timeout.InfiniteTimeSpan
            : _options.PresenceLease / 3;

    private async Task TryStepAsync()
    {
        await _turn.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            if (_isWanted)
            {
                await StepAsync(_stop.Token).ConfigureAwait(false);
                Succeeded();
            }
        }
        catch (NixlException failure)
        {
            Failed(failure);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            Failed(new NixlException(NixlStatus.TimedOut, "Publish", "the store did not answer in time") { Agent = _settings.AgentName, Peer = _link.Store.Endpoint });
        }
        catch (Exception defect) when (defect is not OperationCanceledException) // what a store must not throw: it must not end the publishing for good
        {
            Failed(new NixlException(NixlStatus.BackendError, "Publish", defect.Message) { Agent = _settings.AgentName, Peer = _link.Store.Endpoint });
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        var version = Volatile.Read(ref _version);
        var waiters = TakeWaiters();
        try
        {
            var isLost = await HoldNameAsync(cancellationToken).ConfigureAwait(false) | _isLost;
            if (isLost || _publishedVersion != version)
            {
                _isLost = false;
                await PublishAllAsync(isLost, cancellationToken).ConfigureAwait(false);
                _publishedVersion = version;
            }
        }
        catch (Exception failure)
        {
            waiters.ForEach(waiter => waiter.TrySetException(failure));
            throw;
        }

        waiters.ForEach(static waiter => waiter.TrySetResult());
    }

    private async Task PublishAllAsync(bool isLost, CancellationToken cancellationToken)
    {
        var blob = _isDraining ? [] : _exporter.Full(out _sequence);
        var publication = Publication(MetadataPublication.FullLabel, blob, _countRegions()) with { IsRepair = isLost };
        await _link.Store.PublishAsync(publication, cancellationToken).ConfigureAwait(false);
        _hasPublished = true;
        List<MetadataPublication> parts;
        lock (_gate)
        {
            parts = isLost ? [.. _parts.Values] : [];
        }

        foreach (var part in parts)
        {
            await _link.Store.PublishAsync(part, cancellationToken).ConfigureAwait(false);
        }

        if (_link.Directory is not null)
        {
            await HoldAsync(cancellationToken).ConfigureAwait(false); // tells the followers which metadata is there now
        }
    }

    /// <summary>Claims or renews the name.</summary>
    /// <returns>Whether the store has lost what was published.</returns>
    private async Task<bool> HoldNameAsync(CancellationToken cancellationToken)
    {
        if (_link.Directory is null)
        {
            return false;
        }

        var hold = await HoldAsync(cancellationToken).ConfigureAwait(false);
        if (!hold.IsHeld)
        {
            _isHeld = false;
            hold = await TakeNameAsync(hold.Holder, cancellationToken).ConfigureAwait(false);
        }

        _isHeld = true;
        return hold.MetadataLost && _hasPublished;
    }

    private Task<PresenceHold> HoldAsync(CancellationToken cancellationToken) => _link.Directory!.HoldAsync(
        Record(_isDraining ? PresenceState.Draining : PresenceState.Present), _options.PresenceLease, _options.MetadataLease, cancellationToken);

    /// <summary>The replacement rule for a name in a store: the holder is asked; one that does not answer has the time of its lease.</summary>
    private async Task<PresenceHold> TakeNameAsync(PresenceRecord? holder, CancellationToken cancellationToken)
    {
        var wait = _options.PresenceLease + HolderSlack;
        var start = Stopwatch.GetTimestamp();
        var isTold = false;
        while (true)
        {
            if (holder is { State: PresenceState.Evicted } && holder.Incarnation == _exporter.Incarnation)
            {
                throw Refusal("this agent was evicted from the store", "Start the agent anew when it may come back: another incarnation may take the name.");
            }

            if (_settings.Options.Takeover == TakeoverPolicy.Always)
            {
                await _link.Directory!.ReplaceAsync(Record(PresenceState.Present), _options.PresenceLease, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await RequireSilenceAsync(holder, Stopwatch.GetElapsedTime(start) >= wait, cancellationToken).ConfigureAwait(false);
                if (!isTold)
                {
                    isTold = true;
                    StoreLog.WaitingForName(_settings.Logger, _settings.AgentName, wait);
                }

                await Task.Delay(HolderInterval, cancellationToken).ConfigureAwait(false);
            }

            var hold = await HoldAsync(cancellationToken).ConfigureAwait(false);
            if (hold.IsHeld)
            {
                return hold;
            }

            holder = hold.Holder;
        }
    }

    private async Task RequireSilenceAsync(PresenceRecord? holder, bool isTimeOver, CancellationToken cancellationToken)
    {
        if (holder is not null && (_settings.Options.Takeover == TakeoverPolicy.Never || await _answers(holder, cancellationToken).ConfigureAwait(false)))
        {
            throw Refusal(
                holder.Listener.Length > 0 ? $"another agent has this name, and answers at {holder.Listener}" : "another agent has this name",
                "Give each agent a name of its own, or end the other one.");
        }

        if (isTimeOver)
        {
            throw Refusal("another agent has this name, and renews its lease", "Give each agent a name of its own, or end the other one.");
        }
    }

    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_link.Directory is { } directory && _isHeld)
        {
            await directory.ReplaceAsync(Record(PresenceState.Left), _options.PresenceLease, cancellationToken).ConfigureAwait(false);
        }

        _isHeld = false;
        if (_hasPublished || _link.Directory is null)
        {
            await _link.Store.InvalidateAsync(_settings.AgentName, cancellationToken).ConfigureAwait(false);
        }

        _hasPublished = false;
        _publishedVersion = 0;
        _sequence = 0;
        _failure = null;
    }

    private void Succeeded()
    {
        if (_failure is not null)
        {
            StoreLog.PublishResumed(_settings.Logger, _settings.AgentName, _link.Store.Endpoint);
        }

        _failure = null;
        _retryMs = RetryFirstMs;
    }

    private void Failed(NixlException failure)
    {
        // What will not be otherwise the next time is not tried again: the name, the size, a setting.
        if (failure.Status is NixlStatus.NotAllowed or NixlStatus.InvalidParam or NixlStatus.NotSupported)
        {
            _isWanted = false;
            _failure = failure.Message;
            StoreLog.PublishEnded(_settings.Logger, _settings.AgentName, failure.Message);
            return;
        }

        if (_failure is null)
        {
            StoreLog.PublishFailed(_settings.Logger, _settings.AgentName, _link.Store.Endpoint, failure.Message);
        }
        else
        {
            _retryMs = Math.Min(_retryMs * 2, RetryMostMs);
        }

        _failure = failure.Message;
    }

    private NixlException Refusal(string detail, string hint) => new(NixlStatus.NotAllowed, "Publish", detail)
    {
        Agent = _settings.AgentName,
        Peer = _link.Store.Endpoint,
        Hint = hint,
    };
}
