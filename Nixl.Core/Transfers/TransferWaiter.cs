using System.Threading.Tasks.Sources;

namespace Nixl;

/// <summary>What a wait is for.</summary>
internal enum WaitKind
{
    /// <summary>The end of the post; its token ends the wait.</summary>
    End,

    /// <summary>The end of the post; its token cancels the transfer.</summary>
    CancelsTransfer,

    /// <summary>The engine being done with the memory; its token ends the wait.</summary>
    Quiescence,
}

/// <summary>One wait for a transfer, pooled by it.</summary>
/// <remarks>Two references keep it out of the pool: the transfer's list (until the signal has returned) and the consumer (until GetResult). It is reset when
/// both are gone, not at the next rent, so that awaiting one ValueTask twice is noticed.</remarks>
internal sealed class TransferWaiter(TransferCore transfer) : IValueTaskSource<NixlStatus>
{
    private ManualResetValueTaskSourceCore<NixlStatus> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private uint _post;
    private int _references;
    private int _signalled;
    private int _consumed;

    internal TransferWaiter? Next { get; set; }

    internal WaitKind Kind { get; private set; }

    internal short Version => _core.Version;

    internal void Arm(WaitKind kind, uint post)
    {
        Kind = kind;
        _post = post;
        _references = 2;
        _signalled = 0;
        _consumed = 0;
        _registration = default;
    }

    internal void Register(CancellationToken cancellationToken)
        => _registration = cancellationToken.UnsafeRegister(static (state, token) => ((TransferWaiter)state!).OnCanceled(token), this);

    /// <summary>Ends the wait and drops the list's reference, in this order.</summary>
    internal void Signal(NixlStatus status)
    {
        SignalSelf(status);
        Release();
    }

    /// <summary>Ends the wait while the list keeps its reference.</summary>
    internal void SignalSelf(NixlStatus status)
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            transfer.OnWaitEnded();
            _core.SetResult(status);
        }
    }

    /// <summary>For a waiter that was armed but never entered the list.</summary>
    internal void Abandon()
    {
        transfer.OnWaitEnded();
        _core.Reset();
        transfer.ReturnWaiter(this);
    }

    NixlStatus IValueTaskSource<NixlStatus>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The wait has not ended: await the ValueTask instead of reading its result.");
        }

        if (Interlocked.Exchange(ref _consumed, 1) != 0)
        {
            throw new InvalidOperationException("A ValueTask may be awaited only once.");
        }

        _registration.Dispose(); // waits for a running callback: afterwards only the list holds this waiter
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<NixlStatus>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<NixlStatus>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _core.OnCompleted(continuation, state, token, flags);
        transfer.KickForAwait();
    }

    private void OnCanceled(CancellationToken cancellationToken)
    {
        if (Kind == WaitKind.CancelsTransfer)
        {
            transfer.CancelPost(_post);
        }
        else if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            transfer.OnWaitEnded();
            _core.SetException(new OperationCanceledException(cancellationToken));
        }
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _core.Reset();
            transfer.ReturnWaiter(this);
        }
    }
}
