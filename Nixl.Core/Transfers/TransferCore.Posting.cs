using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Posting, canceling and deadlines: everything that calls the engine's verbs. They run under the gate, one at a time per transfer.</content>
internal sealed partial class TransferCore
{
    // The gate is a flag, not a lock. 0 free, GateHeld, or GateHeld|CancelWanted: the holder runs the cancellation on its way out.
    private const int GateHeld = 1;
    private const int CancelWanted = 2;

    private int _gate;
    private int _disposed;
    private bool _released;

    // 0, or the status with which further posts are refused; set before the word is read by who closes, read after the word is written by who posts.
    private int _closed;
    private long _deadline;
    private long _stallAt; // long.MaxValue once it was reported
    private long _drainEnd;

    /// <summary>When the loop must look at this transfer again, in <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/> for never.</summary>
    internal long NextDeadline(long word) => RequestWord.Has(word, RequestWord.Draining) ? Volatile.Read(ref _drainEnd) : Math.Min(Volatile.Read(ref _deadline), Volatile.Read(ref _stallAt));

    internal long Word => Volatile.Read(ref _request.Word);

    /// <summary>Refuses further posts with <paramref name="reason"/>. The caller then looks at <see cref="IsQuiescent"/>: a post that was under way is seen there
    /// or sees the refusal.</summary>
    internal void Close(NixlStatus reason) => Interlocked.CompareExchange(ref _closed, (int)reason, 0);

    /// <summary>Ends the current post early with <paramref name="reason"/>, as <see cref="Cancel"/> does with Canceled.</summary>
    internal void EndEarly(NixlStatus reason) => Demand(reason, Volatile.Read(ref _request.Word));

    void IRequestOwner.EndEarly(NixlStatus reason) => EndEarly(reason);

    internal void CancelPost(uint post)
    {
        var word = Volatile.Read(ref _request.Word);
        if (RequestWord.PostOf(word) == post)
        {
            Demand(NixlStatus.Canceled, word);
        }
    }

    /// <summary>Looks at the deadline or the end of draining. The progress thread's scan and, in Manual mode, Check call it.</summary>
    internal void EvaluateDeadline(long now)
    {
        var word = Volatile.Read(ref _request.Word);
        var stallAt = Volatile.Read(ref _stallAt);
        var deadline = Volatile.Read(ref _deadline);
        if ((word & (RequestWord.InFlight | RequestWord.Completing | RequestWord.Ended)) != RequestWord.InFlight || now < NextDeadline(word))
        {
            return;
        }

        if (RequestWord.Has(word, RequestWord.Draining))
        {
            GiveUp(word);
        }
        else if (now >= deadline)
        {
            Demand(NixlStatus.TimedOut, word);
        }
        else if (now >= stallAt && Interlocked.CompareExchange(ref _stallAt, long.MaxValue, stallAt) == stallAt) // another post has another time
        {
            _loop.ReportStall(this, deadline == long.MaxValue ? null : TimeSpan.FromMilliseconds(deadline - now));
        }
    }

    /// <summary>Whether the present post was reported as stalled.</summary>
    internal bool IsStalled => Volatile.Read(ref _stallAt) == long.MaxValue && _loop.Settings.StallAfterMs >= 0 && Status == NixlStatus.InProgress;

    /// <summary>Releases a disposed transfer when it is quiescent and no verb runs; false: try again later.</summary>
    internal bool TryRelease()
    {
        if (_released)
        {
            return true;
        }

        if (!IsQuiescent)
        {
            Cancel(); // a post that slipped past Dispose; asking again does nothing
            return false;
        }

        if (!TryEnter())
        {
            return false;
        }

        var mayRelease = IsQuiescent && !_released;
        if (mayRelease)
        {
            _released = true;
            _backend.Engine.ReleaseXfer(_request);
            _loop.Transfers.Remove(this);
            _plan.ReturnSegments();
        }

        Exit();
        return _released;
    }

    /// <summary>Reads the plan while it is certain not to be released; false when it is already.</summary>
    internal bool TryRead<TResult>(Func<TransferPlan, TResult> read, [MaybeNullWhen(false)] out TResult result)
    {
        result = default;
        if (!TryEnterForReading())
        {
            return false;
        }

        try
        {
            result = read(_plan);
            return true;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>For the agent's end, when the engine is gone: nobody touches the memory any more.</summary>
    internal void Abandon()
    {
        _disposed = 1;
        _released = true;
        var word = Volatile.Read(ref _request.Word);
        if (RequestWord.Has(word, RequestWord.InFlight))
        {
            _request.Complete(RequestWord.PostOf(word), NixlStatus.Canceled, 0);
        }
    }

    private NixlStatus Post(bool replaceMessage, ReadOnlySpan<byte> message)
    {
        if (replaceMessage && (_backend.Notifying is null || message.Length > _backend.Notifying.NotificationBytesMax))
        {
            return RecordRefusal(_backend.Notifying is null ? NixlStatus.NotSupported : NixlStatus.InvalidParam);
        }

        if (BusyStatus() is { } busy || (busy = EnterForPost()) != NixlStatus.Success)
        {
            return RecordRefusal(busy);
        }

        var refusal = RefusalUnderGate();
        if (refusal != NixlStatus.Success)
        {
            Exit();
            return RecordRefusal(refusal);
        }

        if (replaceMessage)
        {
            SetMessage(message);
        }

        return PostUnderGate();
    }

    /// <summary>Starts the next post. The gate is held on entry and free on return.</summary>
    private NixlStatus PostUnderGate()
    {
        var post = unchecked(RequestWord.PostOf(_request.Word) + 1);
        var timeout = Volatile.Read(ref _timeoutMs);
        var now = Environment.TickCount64;
        var stallAfter = _loop.Settings.StallAfterMs;
        Volatile.Write(ref _deadline, timeout < 0 ? long.MaxValue : now + timeout);
        Volatile.Write(ref _stallAt, stallAfter < 0 ? long.MaxValue : now + stallAfter);
        OpenWaiters();
        _clock?.Begin();

        // A full fence: Close() either sees this post in the word, or the post sees Close() below.
        Interlocked.Exchange(ref _request.Word, RequestWord.Make(post, NixlStatus.InProgress, RequestWord.InFlight));
        var closed = (NixlStatus)Volatile.Read(ref _closed);
        var status = closed != 0 ? EndInPost(post, closed, default)
            : NixlSpan.Source.HasListeners() ? CallEngineTraced(post)
            : CallEngine(post);
        _clock?.Post(hasEnded: status != NixlStatus.InProgress);
        Exit();
        if (status != NixlStatus.InProgress)
        {
            return status;
        }

        var word = Volatile.Read(ref _request.Word);
        if (RequestWord.Has(word, RequestWord.Ended) && RequestWord.PostOf(word) == post)
        {
            return RequestWord.StatusOf(word);
        }

        _loop.KickForPost(); // leaving the gate was a full fence after the word was written
        return NixlStatus.InProgress;
    }

    private NixlStatus CallEngine(uint post)
    {
        try
        {
            var status = _backend.Engine.PostXfer(_request, post, out var fault);
            return status == NixlStatus.InProgress ? status : EndInPost(post, status, fault);
        }
#pragma warning disable CA1031 // A throwing engine is a defect whose extent nobody knows: the request counts as in flight and is quarantined.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            _loop.ReportEngineThrew(_backend.Name, defect);
            Volatile.Write(ref _drainEnd, Environment.TickCount64 + _loop.Settings.DrainTimeoutMs);
            Interlocked.CompareExchange(
                ref _request.Word,
                RequestWord.Make(post, NixlStatus.BackendError, RequestWord.InFlight | RequestWord.Draining),
                RequestWord.Make(post, NixlStatus.InProgress, RequestWord.InFlight));
            return NixlStatus.InProgress;
        }
    }

    private NixlStatus EndInPost(uint post, NixlStatus status, in BackendFault fault)
    {
        // Claimed like any other end: a deadline on another thread may be giving this very post up.
        _request.Fail(post, status, status == NixlStatus.Success ? TotalBytes : 0, fault);
        return _request.Status;
    }

    /// <summary>Why a post is refused while one is under way; null when none is. Polls once, as upstream does before it answers RepostActive.</summary>
    private NixlStatus? BusyStatus()
    {
        if (IsQuiescent)
        {
            return null;
        }

        Check();
        var word = Volatile.Read(ref _request.Word);
        return !RequestWord.Has(word, RequestWord.InFlight) ? null
            : RequestWord.Has(word, RequestWord.Ended) ? NixlStatus.NotAllowed
            : NixlStatus.RepostActive;
    }

    private NixlStatus RefusalUnderGate()
    {
        if (_disposed != 0)
        {
            return NixlStatus.NotAllowed;
        }

        var word = Volatile.Read(ref _request.Word);
        return RequestWord.Has(word, RequestWord.InFlight)
            ? RequestWord.Has(word, RequestWord.Ended) ? NixlStatus.NotAllowed : NixlStatus.RepostActive
            : (NixlStatus)Volatile.Read(ref _closed);
    }

    private void SetMessage(ReadOnlySpan<byte> message)
    {
        if (message.Length > _message.Length)
        {
            _message = new byte[message.Length];
        }

        message.CopyTo(_message);
        _request.Notification = _message.AsMemory(0, message.Length);
        _request.HasNotification = true;
    }

    /// <summary>Marks the post that <paramref name="word"/> belongs to as draining and asks the engine for an early end.</summary>
    private void Demand(NixlStatus reason, long word)
    {
        var post = RequestWord.PostOf(word);
        while (true)
        {
            const long Ending = RequestWord.Completing | RequestWord.Ended | RequestWord.Draining;
            if ((word & (RequestWord.InFlight | Ending)) != RequestWord.InFlight || RequestWord.PostOf(word) != post)
            {
                return;
            }

            Volatile.Write(ref _drainEnd, Environment.TickCount64 + _loop.Settings.DrainTimeoutMs);
            var draining = RequestWord.WithStatus(word, reason) | RequestWord.Draining;
            var seen = Interlocked.CompareExchange(ref _request.Word, draining, word);
            if (seen == word)
            {
                break;
            }

            word = seen;
        }

        RequestEngineCancel();
        _loop.KickForPost(); // its sleep was planned without the end of draining
    }

    /// <summary>Takes the gate, so that the segments stay what they are; false when they are given back. May wait for a post of another thread.</summary>
    private bool TryEnterForReading()
    {
        for (var spin = new SpinWait(); !TryEnter();)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_released)
        {
            Exit();
            return false;
        }

        return true;
    }

    private bool TryEnter() => Interlocked.CompareExchange(ref _gate, GateHeld, 0) == 0;

    private NixlStatus EnterForPost()
    {
        var spin = new SpinWait();
        while (!TryEnter())
        {
            // The holder is another Post or a late CancelXfer, which is bounded.
            spin.SpinOnce(sleep1Threshold: -1);
            if (!IsQuiescent)
            {
                return NixlStatus.RepostActive;
            }
        }

        return NixlStatus.Success;
    }

    private void Exit()
    {
        while (Interlocked.CompareExchange(ref _gate, 0, GateHeld) != GateHeld)
        {
            // A full fence: who marks a later post as draining and still finds the old wish here must be seen in the word below.
            Interlocked.Exchange(ref _gate, GateHeld);
            CancelUnderGate();
        }
    }

    private void RequestEngineCancel()
    {
        while (true)
        {
            var gate = Volatile.Read(ref _gate);
            if (gate == 0 && TryEnter())
            {
                CancelUnderGate();
                Exit();
                return;
            }

            if (gate == (GateHeld | CancelWanted)
                || (gate == GateHeld && Interlocked.CompareExchange(ref _gate, GateHeld | CancelWanted, GateHeld) == GateHeld))
            {
                return;
            }
        }
    }

    private void CancelUnderGate()
    {
        var word = Volatile.Read(ref _request.Word);
        if ((word & (RequestWord.InFlight | RequestWord.Completing | RequestWord.Draining)) == (RequestWord.InFlight | RequestWord.Draining))
        {
            Debug.Assert(!_released, "a released transfer cannot be in flight");
            _backend.Engine.CancelXfer(_request, RequestWord.PostOf(word));
        }
    }
}
