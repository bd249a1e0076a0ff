using System.Threading.Channels;
using Nixl.Agent;

namespace Nixl.Discovery;

/// <summary>Follows what other agents do in the store: keeps the board, loads who is wanted, drops who left. Begins at the first need.</summary>
internal sealed class StoreFollower : IAsyncDisposable
{
    private const int RetryFirstMs = 200;
    private const int RetryMostMs = 1500;

    private readonly AgentSettings _settings;
    private readonly StoreLink _link;
    private readonly PeerBoard _board;
    private readonly IStoreReactions _reactions;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string> _toLoad = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal); // guarded by itself
    private readonly Lock _gate = new();
    private Task? _following; // guarded by _gate, as is the next
    private Task? _loading;
    private volatile string? _failure;
    private readonly TaskCompletionSource _synchronized = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal StoreFollower(AgentSettings settings, StoreLink link, PeerBoard board, IStoreReactions reactions)
    {
        _settings = settings;
        _link = link;
        _board = board;
        _reactions = reactions;
    }

    /// <summary>Why the store cannot be followed at present; null when it is, or need not be.</summary>
    internal string? Failure => _failure;

    /// <summary>Completes when everything that was there at the beginning has been told.</summary>
    internal Task Synchronized => _synchronized.Task;

    /// <summary>Begins, if that has not happened.</summary>
    internal void Start()
    {
        lock (_gate)
        {
            if (_following is null && _link.Directory is not null && !_stop.IsCancellationRequested)
            {
                _following = Task.Run(FollowAsync);
                _loading = Task.Run(LoadAsync);
            }
        }
    }

    /// <summary>Loads a peer when its turn comes.</summary>
    internal void Enqueue(string name)
    {
        lock (_pending)
        {
            if (_pending.Add(name))
            {
                _toLoad.Writer.TryWrite(name);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] tasks;
        lock (_gate)
        {
            tasks = [_following ?? Task.CompletedTask, _loading ?? Task.CompletedTask];
        }

        await Task.WhenAll(tasks).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        var retryMs = RetryFirstMs;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _board.BeginRound();
                await foreach (var change in _link.Directory!.WatchAsync(_stop.Token).ConfigureAwait(false))
                {
                    retryMs = RetryFirstMs;
                    Handle(change);
                }

                throw new NixlException(NixlStatus.BackendError, "Follow", "the store has ended the watch and does not say why") { Agent = _settings.AgentName };
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) // also what a store must not throw: it must not end the following for good
            {
                if (_failure is null)
                {
                    StoreLog.FollowFailed(_settings.Logger, _settings.AgentName, _link.Store.Endpoint, failure.Message);
                }

                _failure = failure.Message;
                await Task.Delay(retryMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retryMs = Math.Min(retryMs * 2, RetryMostMs);
            }
        }
    }

    private void Handle(DirectoryEvent change)
    {
        switch (change.Kind)
        {
            case DirectoryEventKind.Synchronized:
                OnSynchronized();
                break;
            case var _ when change.Agent == _settings.AgentName:
                _reactions.OnOwn(change);
                break;
            case DirectoryEventKind.Presence:
                OnPresence(change.Presence!);
                break;
            case DirectoryEventKind.PresenceGone:
                _board.Lost(change.Agent, Environment.TickCount64);
                _reactions.OnLeaseOver(change.Agent);
                break;
            case DirectoryEventKind.Metadata:
                _board.Seen(change.Agent, presence: null);
                if (_reactions.Wants(change.Agent))
                {
                    OnMetadata(change.Agent, change.Blob);
                }

                break;
            case DirectoryEventKind.Invalidated:
                _reactions.OnInvalidated(change.Agent);
                break;
        }
    }

    private void OnSynchronized()
    {
        if (_failure is not null || !Synchronized.IsCompleted)
        {
            StoreLog.Following(_settings.Logger, _settings.AgentName, _link.Store.Endpoint, _board.CountInStore);
        }

        _failure = null;
        _board.EndRound(Environment.TickCount64); // a store that lost its memory says nothing about the agents
        _synchronized.TrySetResult();
    }

    private void OnPresence(PresenceRecord presence)
    {
        if (presence.State is PresenceState.Left or PresenceState.Evicted)
        {
            _reactions.OnGone(presence);
            return;
        }

        _board.Seen(presence.Agent, presence);
        _reactions.OnLeaseHeld(presence);
        if (presence.Sequence > 0 && _reactions.Wants(presence.Agent) && _reactions.IsOutdated(presence))
        {
            Enqueue(presence.Agent);
        }
    }

    private void OnMetadata(string agent, ReadOnlyMemory<byte>? blob)
    {
        if (blob is not { Length: > 0 } bytes)
        {
            Enqueue(agent); // in parts, or not brought along
            return;
        }

        _reactions.TryLoad(agent, bytes);
    }

    private async Task LoadAsync()
    {
        try
        {
            await foreach (var name in _toLoad.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                lock (_pending)
                {
                    _pending.Remove(name);
                }

                await TryFetchAsync(name).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private async Task TryFetchAsync(string name)
    {
        try
        {
            if (await _link.Store.FetchAsync(name, MetadataPublication.FullLabel, _stop.Token).ConfigureAwait(false) is { Length: > 0 } blob)
            {
                _reactions.TryLoad(name, blob);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure) // also what a store must not throw: it must not end the loading of others
        {
            StoreLog.PeerNotLoaded(_settings.Logger, _settings.AgentName, name, failure.Message); // tried again while it is there
        }
    }
}
