using System.Threading.Tasks.Sources;
using Nixl.Agent;
using Nixl.Progress;

namespace Nixl;

/// <summary>One awaited notification, pooled by the router. Continuations never run on the thread that delivers.</summary>
/// <remarks>It goes back to the pool when its result is read. One whose ValueTask nobody awaits is left to the collector.</remarks>
internal sealed class NotificationWait : NotificationReceiver, IValueTaskSource<Notification>, IDisposable
{
    private readonly AgentSettings _settings;
    private readonly ProgressLoop _loop;
    private readonly NotificationRouter _router;
    private readonly Timer _timer;
    private ManualResetValueTaskSourceCore<Notification> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private TimeSpan _limit;
    private int _consumed;
    private long _deadline; // in the milliseconds of Environment.TickCount64; a timer that fires late for an earlier turn finds that there is time left

    internal NotificationWait(AgentSettings settings, ProgressLoop loop, NotificationRouter router)
    {
        (_settings, _loop, _router) = (settings, loop, router);
        var isFlowing = !ExecutionContext.IsFlowSuppressed();
        using (isFlowing ? ExecutionContext.SuppressFlow() : default) // it outlives the call that makes it
        {
            _timer = new Timer(static state => ((NotificationWait)state!).OnTime(), this, Timeout.Infinite, Timeout.Infinite);
        }
    }

    /// <summary>Sets the ends other than a notification. Once per turn, by who began it.</summary>
    /// <param name="limit">How long to wait; not negative, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal ValueTask<Notification> Start(TimeSpan limit, CancellationToken cancellationToken)
    {
        (_limit, _consumed) = (limit, 0);
        if (limit != Timeout.InfiniteTimeSpan)
        {
            Volatile.Write(ref _deadline, Environment.TickCount64 + (long)limit.TotalMilliseconds);
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
        }

        _registration = cancellationToken.UnsafeRegister(static (state, token) => ((NotificationWait)state!).OnCanceled(token), this);
        return new ValueTask<Notification>(this, _core.Version);
    }

    public void Dispose() => _timer.Dispose();

    Notification IValueTaskSource<Notification>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The wait has not ended: await the ValueTask instead of reading its result.");
        }

        if (Interlocked.Exchange(ref _consumed, 1) != 0)
        {
            throw new InvalidOperationException("A ValueTask may be awaited only once.");
        }

        // A callback that runs at this moment is waited for: afterwards nobody but this thread and a late timer knows this turn.
        _registration.Dispose();
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        Volatile.Write(ref _deadline, long.MaxValue);
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset(); // at once, so that awaiting one ValueTask twice is noticed
            _router.Recycle(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Notification>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Notification>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _core.OnCompleted(continuation, state, token, flags);
        _loop.KickForAwait();
    }

    protected override void OnDelivered(in Notification notification)
    {
        _loop.CountAwaiters(-1);
        _core.SetResult(notification);
    }

    protected override void OnClosed() => End(new ObjectDisposedException(nameof(NixlAgent)));

    private void OnTime()
    {
        var turn = Turn;
        var left = Volatile.Read(ref _deadline) - Environment.TickCount64;
        if (left > 0)
        {
            if (left < uint.MaxValue)
            {
                _timer.Change(left, Timeout.Infinite); // the clocks differ by a tick, or a new turn has begun
            }

            return;
        }

        if (TryEnd(turn))
        {
            End(new NixlException(NixlStatus.TimedOut, "WaitForNotification", $"no matching notification came within {_limit}")
            {
                Agent = _settings.AgentName,
                Hint = "Check that the peer posted its transfer and that the tag is spelled the same on both sides.",
            });
        }
    }

    private void OnCanceled(CancellationToken cancellationToken)
    {
        if (TryEnd(Turn)) // GetResult waits for this callback: the turn is the one that it was registered for
        {
            End(new OperationCanceledException(cancellationToken));
        }
    }

    private void End(Exception reason)
    {
        _loop.CountAwaiters(-1);
        _router.Remove(this);
        _core.SetException(reason);
    }
}
