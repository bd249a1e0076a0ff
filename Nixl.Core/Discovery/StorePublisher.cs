using Nixl.Agent;

namespace Nixl.Discovery;

/// <summary>Keeps this agent known in its store: holds the name, publishes what is registered, renews, and begins again when the store comes back.</summary>
/// <remarks>One task does all of it. Whoever asks for something waits for that task, with a deadline; nothing else of the agent ever waits for the store.</remarks>
internal sealed partial class StorePublisher : IAsyncDisposable
{
    // Between two publications of changed metadata: registering a thousand regions one by one must not publish a thousand times.
    private const int PublishSpacingMs = 50;

    // After a failure: soon enough to be back within an interval of the lease, rare enough for a store that is down.
    private const int RetryFirstMs = 200;
    private const int RetryMostMs = 1500;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(2);

    private readonly AgentSettings _settings;
    private readonly StoreLink _link;
    private readonly MetadataExporter _exporter;
    private readonly DiscoveryOptions _options;
    private readonly Func<PresenceRecord, CancellationToken, Task<bool>> _answers;
    private readonly Func<int> _countRegions;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _waiters = []; // guarded by _gate
    private readonly Dictionary<string, MetadataPublication> _parts = new(StringComparer.Ordinal); // guarded by _gate
    private readonly Task _running;
    private volatile bool _isWanted;
    private volatile bool _isDraining;
    private volatile bool _isLost;
    private volatile string? _failure;
    private int _version = 1; // counts changes of what is registered
    private int _publishedVersion; // of the running task only, as everything below
    private ulong _sequence;
    private int _retryMs = RetryFirstMs;
    private bool _isHeld;
    private bool _hasPublished;

    /// <summary>Begins, idle until something is asked for.</summary>
    /// <param name="settings">The agent's.</param>
    /// <param name="link">The store.</param>
    /// <param name="exporter">What is published.</param>
    /// <param name="countRegions">How many regions that are.</param>
    /// <param name="answers">Whether the agent of a record answers at its listener, in that incarnation.</param>
    internal StorePublisher(
        AgentSettings settings, StoreLink link, MetadataExporter exporter, Func<int> countRegions, Func<PresenceRecord, CancellationToken, Task<bool>> answers)
    {
        _settings = settings;
        _link = link;
        _exporter = exporter;
        _countRegions = countRegions;
        _answers = answers;
        _options = settings.Options.Discovery;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Why publishing does not work at present; null when it does, or is not wanted.</summary>
    internal string? Failure => _failure;

    /// <summary>Publishes, and from then on whatever changes. Completes when the store has it.</summary>
    /// <exception cref="NixlException">The store did not take it. Where that can change, the agent goes on trying.</exception>
    internal Task PublishAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiters.Add(done);
        }

        _isWanted = true;
        Interlocked.Increment(ref _version);
        Wake();
        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Publishes, without waiting for it.</summary>
    internal void Begin()
    {
        _isWanted = true;
        Wake();
    }

    /// <summary>Publishes a part under a label, now and whenever the store has lost it.</summary>
    internal async Task PublishPartAsync(string label, byte[] blob, int regions, CancellationToken cancellationToken)
    {
        var part = Publication(label, blob, regions);
        await _link.Store.PublishAsync(part, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _parts[label] = part;
        }

        if (_link.Directory is not null)
        {
            Begin(); // the part needs somebody who renews it
        }
    }

    /// <summary>What is registered has changed.</summary>
    internal void Touch()
    {
        Interlocked.Increment(ref _version);
        if (_isWanted && _wake.CurrentCount == 0)
        {
            Wake();
        }
    }

    /// <summary>Lets newcomers find nothing from now on, and those who know this agent keep it.</summary>
    internal Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        return _isWanted ? PublishAsync(cancellationToken) : Task.CompletedTask;
    }

    /// <summary>The store has lost keys of this agent, or somebody removed them.</summary>
    internal void OnLost()
    {
        _isLost = true;
        Wake();
    }

    /// <summary>Takes back what is published, and publishes no more until asked to.</summary>
    internal async Task WithdrawAsync(CancellationToken cancellationToken)
    {
        _isWanted = false;
        lock (_gate)
        {
            _parts.Clear();
        }

        // The step that runs ends before the withdrawal, or it would put back what is taken away.
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends publishing. What is published is taken back, if the store takes that in a short time.</summary>
    public async ValueTask DisposeAsync()
    {
        _isWanted = false;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        FailWaiters(new ObjectDisposedException(nameof(NixlAgent)));
        if (_isHeld || _hasPublished)
        {
            using var limit = new CancellationTokenSource(EndLimit);
            try
            {
                await LeaveAsync(limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NixlException or OperationCanceledException)
            {
                StoreLog.WithdrawFailed(_settings.Logger, _settings.AgentName, e.Message);
            }
        }

        _stop.Dispose();
    }

    private PresenceRecord Record(PresenceState state)
    {
        var (listener, heartbeatMs) = _exporter.Announcement?.Invoke() ?? ("", 0);
        return new PresenceRecord(_settings.AgentName, _exporter.Incarnation, state) { Sequence = _sequence, Listener = listener, HeartbeatMs = heartbeatMs };
    }

    private MetadataPublication Publication(string label, byte[] blob, int regions) => new(_settings.AgentName, label, blob)
    {
        Regions = regions,
        AllowSplit = _options.AllowSplit,
        TimeToLive = _options.MetadataLease,
    };

    private void Wake() => _wake.Release();

    private void FailWaiters(Exception failure) => TakeWaiters().ForEach(waiter =>
    {
        waiter.TrySetException(failure);
        _ = waiter.Task.Exception; // whoever asked may have stopped waiting
    });

    private List<TaskCompletionSource> TakeWaiters()
    {
        lock (_gate)
        {
            var waiters = _waiters.ToList();
            _waiters.Clear();
            return waiters;
        }
    }
}
