using Nixl.Agent;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl;

/// <summary>One prepared transfer: its posts, waits and end. What engines, the progress loop and the tables refer to; the user has a <see cref="Transfer"/>,
/// whose members say what these do. Nothing here refers to that, so that it is noticed when the user drops it.</summary>
internal sealed partial class TransferCore : IDisposable, IRequestOwner
{
    private readonly BackendInstance _backend;
    private readonly BackendRequest _request;
    private readonly ProgressLoop _loop;
    private readonly ProgressDriver? _driver;
    private readonly TransferPlan _plan;

    // The message of the current and later posts; grows and is reused, so that a repost with a new message allocates nothing.
    private byte[] _message;
    private int _timeoutMs;

    internal TransferCore(BackendInstance backend, BackendRequest request, ProgressLoop loop, TransferPlan plan, TransferOptions options)
    {
        _backend = backend;
        _request = request;
        _loop = loop;
        _driver = backend.Driver;
        _plan = plan;
        Options = options;
        _clock = loop.Settings.Telemetry ? new TransferClock(loop.Settings.AgentName) : null;
        _timeoutMs = ToMilliseconds(options.Timeout ?? loop.Settings.TransferTimeout);
        _message = options.Notification is { } message ? message.ToArray() : [];
        request.HasNotification = options.Notification is not null;
        request.Notification = _message;
        request.Attach(this);
    }

    internal TransferOperation Operation => _plan.Transfer.Operation;

    internal string RemoteAgent => _plan.Transfer.RemoteAgent;

    internal string Backend => _backend.Name;

    internal long TotalBytes => _plan.Transfer.TotalBytes;

    internal int SegmentCount => _plan.Transfer.Segments.Length;

    internal NixlStatus Status => _request.Status;

    internal bool IsQuiescent => !RequestWord.Has(Volatile.Read(ref _request.Word), RequestWord.InFlight);

    internal long BytesDone => _request.BytesDone;

    internal long BytesSoFar => Status == NixlStatus.InProgress ? _request.BytesSoFar : BytesDone;

    internal TimeSpan PostTimeout
    {
        get => TimeSpan.FromMilliseconds(Volatile.Read(ref _timeoutMs));
        set => Volatile.Write(ref _timeoutMs, ToMilliseconds(value));
    }

    /// <summary>How often it was posted.</summary>
    internal uint PostNumber => RequestWord.PostOf(Volatile.Read(ref _request.Word));

    /// <summary>The regions on both sides that this transfer reads or writes.</summary>
    internal ReadOnlySpan<BackendRegion> Regions => _plan.Regions;

    internal RemoteAgent? Remote => _plan.Remote;

    internal TransferPlan Plan => _plan;

    /// <summary>The loop of the agent that made it.</summary>
    internal ProgressLoop Loop => _loop;

    internal TransferOptions Options { get; }

    internal BackendInstance Instance => _backend;

    /// <summary>The slot in the agent's table; the table's own field.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>Whether the user was found to have dropped it; the table's own field.</summary>
    internal bool IsDropped { get; set; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal NixlStatus Post() => Post(replaceMessage: false, default);

    internal NixlStatus Post(ReadOnlySpan<byte> notification) => Post(replaceMessage: true, notification);

    internal NixlStatus Check()
    {
        var word = Volatile.Read(ref _request.Word);
        if (RequestWord.Has(word, RequestWord.Ended))
        {
            return RequestWord.StatusOf(word);
        }

        if (!RequestWord.Has(word, RequestWord.InFlight))
        {
            return NixlStatus.NotPosted;
        }

        _driver?.ApplicationProgress();
        if (_loop.IsManual)
        {
            _loop.RunHousekeeping();
        }

        return _request.Status;
    }

    internal void Cancel() => Demand(NixlStatus.Canceled, Volatile.Read(ref _request.Word));

    internal ValueTask<NixlStatus> PostAsync(CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested ? new ValueTask<NixlStatus>(NixlStatus.Canceled) : AwaitPosted(Post(), cancellationToken);

    internal ValueTask<NixlStatus> PostAsync(ReadOnlySpan<byte> notification, CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested
            ? new ValueTask<NixlStatus>(NixlStatus.Canceled) : AwaitPosted(Post(notification), cancellationToken);

    internal ValueTask<NixlStatus> WaitAsync(CancellationToken cancellationToken = default)
    {
        var status = PollBriefly();
        return status != NixlStatus.InProgress ? new ValueTask<NixlStatus>(status) : Enlist(WaitKind.End, cancellationToken);
    }

    internal ValueTask<NixlStatus> WhenQuiescent(CancellationToken cancellationToken = default) => Enlist(WaitKind.Quiescence, cancellationToken);

    internal TransferFault? GetFault()
    {
        var status = _request.Status;
        if (status is NixlStatus.Success or NixlStatus.InProgress or NixlStatus.NotPosted)
        {
            return null;
        }

        var fault = _request.Fault;
        return new TransferFault(
            status,
            fault == default ? -1 : _plan.DescriptorOf(fault.SegmentIndex), // an engine that gave no fault names no segment either
            fault.NativeCode,
            fault.NativeCode == 0 ? null : _backend.Engine.DescribeFault(fault),
            fault.Detail ?? DetailOf(status),
            fault.Hint ?? HintOf(status));
    }

    internal NixlStatus EstimateCost(out TransferCost cost)
    {
        cost = default;
        if (_plan.Remote is { IsGone: true } || _backend.Estimator is not { } estimator)
        {
            return _backend.Estimator is null ? NixlStatus.NotSupported : NixlStatus.NotFound;
        }

        if (!TryEnterForReading())
        {
            return NixlStatus.NotAllowed;
        }

        try
        {
            return estimator.EstimateXferCost(_plan.Transfer, out cost, out _);
        }
        finally
        {
            Exit();
        }
    }

    internal void ThrowIfFailed()
    {
        if (GetFault() is { } fault)
        {
            throw new NixlException(fault.Status, Operation == TransferOperation.Read ? "Read" : "Write", fault.Detail)
            {
                Agent = _loop.Settings.AgentName,
                Peer = RemoteAgent,
                Backend = Backend,
                DescriptorIndex = fault.DescriptorIndex,
                NativeCode = fault.NativeCode,
                NativeMessage = fault.NativeMessage,
                Hint = fault.Hint,
            };
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (!IsQuiescent)
        {
            Cancel();
        }

        if (!TryRelease())
        {
            _loop.DeferRelease(this);
        }
    }

    internal static int ToMilliseconds(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));
    }

    /// <summary>Waits for a post that <paramref name="status"/> came of.</summary>
    private ValueTask<NixlStatus> AwaitPosted(NixlStatus status, CancellationToken cancellationToken)
        => status != NixlStatus.InProgress || (status = PollBriefly()) != NixlStatus.InProgress
            ? new ValueTask<NixlStatus>(status)
            : Enlist(WaitKind.CancelsTransfer, cancellationToken);

    private string DetailOf(NixlStatus status) => status switch
    {
        NixlStatus.TimedOut => "the transfer did not end before its deadline",
        NixlStatus.Canceled => "the transfer was canceled",
        NixlStatus.RemoteDisconnect => "the connection to the peer is lost",
        NixlStatus.NotFound => "the peer was invalidated or a region was deregistered after the transfer was made",
        _ => $"the {_backend.Name} engine ended the transfer with {status}",
    };

    private string HintOf(NixlStatus status) => status switch
    {
        NixlStatus.TimedOut when !IsQuiescent => "The peer may be stopped or cut off. Its local memory stays registered until the engine lets go: see WhenQuiescent.",
        NixlStatus.TimedOut => "The peer may be stopped, cut off or slow; raise the timeout if it is merely slow.",
        NixlStatus.RemoteDisconnect => "Load the peer's metadata again when it is back, and make new transfers.",
        NixlStatus.NotFound => "Load the peer's metadata or register the memory again, and make a new transfer.",
        NixlStatus.Canceled => "Some of the bytes may have moved: post it again where they are still wanted.",
        _ => _backend.NextStep,
    };
}
