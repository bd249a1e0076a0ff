using System.Diagnostics;

namespace Nixl;

/// <content>Ends and waits. The order at an end is fixed: detach the waiters, publish the word, signal. Publishing first would let a fast reposter's
/// waiter enter the list that the old end is about to take, and wake with the old status.</content>
internal sealed partial class TransferCore
{
    // Stands in the list's head while no post is in flight: nobody can enlist.
    private static readonly TransferWaiter Closed = new(null!);

    private TransferWaiter? _waiters = Closed;
    private TransferWaiter? _spare;
    private TransferWaiter? _secondSpare;

    /// <summary>Called by the request when the engine completed a post; the caller owns the transition (Completing is set).</summary>
    void IRequestOwner.OnCompleted(long word, NixlStatus status)
    {
        if (status == NixlStatus.RemoteDisconnect && _plan.Remote is { } remote)
        {
            _loop.ReportDisconnect(remote, _backend.Name); // also when the user sees another end: the deadline came first
        }

        if (RequestWord.Has(word, RequestWord.Ended))
        {
            // The user has seen this end already; only quiescence is new.
            var waiters = Interlocked.Exchange(ref _waiters, Closed);
            _loop.CountQuarantine(-1, TotalBytes);
            Volatile.Write(ref _request.Word, word & ~(RequestWord.InFlight | RequestWord.Completing));
            SignalAll(waiters, RequestWord.StatusOf(word));
            return;
        }

        if (RequestWord.Has(word, RequestWord.Draining) && status != NixlStatus.Success)
        {
            status = RequestWord.StatusOf(word); // the engine's "canceled" becomes Canceled, TimedOut or why the early end was asked for
        }

        End(RequestWord.PostOf(word), status);
    }

    void IRequestOwner.OnCompletionRefused(uint post) => _loop.ReportCompletionRefused(_backend.Name, post);

    internal void ReturnWaiter(TransferWaiter waiter)
    {
        if (Interlocked.CompareExchange(ref _spare, waiter, null) is not null)
        {
            Volatile.Write(ref _secondSpare, waiter);
        }
    }

    internal void KickForAwait() => _loop.KickForAwait();

    internal void OnWaitEnded() => _loop.CountAwaiters(-1);

    private void OpenWaiters() => Volatile.Write(ref _waiters, null);

    private void End(uint post, NixlStatus status)
    {
        RecordEnd(status);
        var waiters = Interlocked.Exchange(ref _waiters, Closed);
        Volatile.Write(ref _request.Word, RequestWord.Make(post, status, RequestWord.Ended));
        SignalAll(waiters, status);
    }

    /// <summary>The drain time is over: the user sees the end, the engine keeps the memory.</summary>
    private void GiveUp(long word)
    {
        var losing = word | RequestWord.Losing | RequestWord.Ended;
        if (Interlocked.CompareExchange(ref _request.Word, losing, word) != word)
        {
            return;
        }

        RecordEnd(RequestWord.StatusOf(word));

        // Losing keeps Complete, and so a repost, out until the plain waiters are detached.
        _loop.CountQuarantine(1, TotalBytes);
        var all = Interlocked.Exchange(ref _waiters, null);
        TransferWaiter? ended = null;
        while (all is not null)
        {
            var next = all.Next;
            if (all.Kind == WaitKind.Quiescence)
            {
                TryPush(all);
            }
            else
            {
                all.Next = ended;
                ended = all;
            }

            all = next;
        }

        Volatile.Write(ref _request.Word, word | RequestWord.Ended);
        var status = RequestWord.StatusOf(word);
        _loop.ReportQuarantine(this, status);
        SignalAll(ended, status);
    }

    private static void SignalAll(TransferWaiter? waiter, NixlStatus status)
    {
        while (waiter is not null && waiter != Closed)
        {
            var next = waiter.Next;
            waiter.Next = null;
            waiter.Signal(status);
            waiter = next;
        }
    }

    private bool TryPush(TransferWaiter waiter)
    {
        while (true)
        {
            var head = Volatile.Read(ref _waiters);
            if (head == Closed)
            {
                return false;
            }

            waiter.Next = head;
            if (Interlocked.CompareExchange(ref _waiters, waiter, head) == head)
            {
                return true;
            }
        }
    }

    private static bool HasEnded(long word, WaitKind kind)
        => kind == WaitKind.Quiescence ? !RequestWord.Has(word, RequestWord.InFlight) : RequestWord.Has(word, RequestWord.Ended);

    private ValueTask<NixlStatus> Enlist(WaitKind kind, CancellationToken cancellationToken)
    {
        var spin = new SpinWait();
        while (true)
        {
            var word = Volatile.Read(ref _request.Word);
            if (HasEnded(word, kind) || !RequestWord.Has(word, RequestWord.InFlight))
            {
                // From this word: the request may be in another post by now, and a wait never ends with InProgress.
                return new ValueTask<NixlStatus>(RequestWord.Has(word, RequestWord.Ended) ? RequestWord.StatusOf(word) : NixlStatus.NotPosted);
            }

            var waiter = Interlocked.Exchange(ref _spare, null) ?? Interlocked.Exchange(ref _secondSpare, null) ?? new TransferWaiter(this);
            waiter.Arm(kind, RequestWord.PostOf(word));
            var task = new ValueTask<NixlStatus>(waiter, waiter.Version);
            _loop.CountAwaiters(1);
            if (TryPush(waiter))
            {
                FinishEnlisting(waiter, cancellationToken);
                return task;
            }

            waiter.Abandon();
            spin.SpinOnce(sleep1Threshold: -1); // the list is closed: an end is being published at this moment
        }
    }

    private void FinishEnlisting(TransferWaiter waiter, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            waiter.Register(cancellationToken);
        }

        var word = Volatile.Read(ref _request.Word);
        if (waiter.Kind != WaitKind.Quiescence && RequestWord.Has(word, RequestWord.Ended))
        {
            waiter.SignalSelf(RequestWord.StatusOf(word)); // given up between the look and the push
        }
    }

    /// <summary>Polls for at most <see cref="NixlAgentOptions.AwaitPoll"/>: a short transfer is over sooner than a sleep and a wake-up take.</summary>
    private NixlStatus PollBriefly()
    {
        var status = Check();
        var ticks = _loop.Settings.AwaitPollTicks;
        if (status != NixlStatus.InProgress || _driver is null || ticks == 0)
        {
            return status;
        }

        var start = Stopwatch.GetTimestamp();
        do
        {
            status = Check();
        }
        while (status == NixlStatus.InProgress && Stopwatch.GetTimestamp() - start < ticks);

        return status;
    }
}
