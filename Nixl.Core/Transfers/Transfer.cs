using Nixl.Agent;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl;

/// <summary>The user's handle on one prepared transfer: post it, poll or await it, post it again, dispose it.</summary>
/// <remarks>
/// <para>All members are thread-safe; posts of one transfer do not overlap. Post, Check and the awaits allocate nothing when warm and never throw for an
/// operating error: they answer with a status, and <see cref="GetFault"/> says why.</para>
/// <para>A transfer that ended is quiescent (nobody touches the local memory any more) unless it was given up after its drain time; then
/// <see cref="IsQuiescent"/> is false, reposting is <see cref="NixlStatus.NotAllowed"/>, and its local registrations are kept until the engine is done.</para>
/// </remarks>
public sealed partial class Transfer : IDisposable, IRequestOwner
{
    private readonly BackendInstance _backend;
    private readonly BackendRequest _request;
    private readonly ProgressLoop _loop;
    private readonly ProgressDriver? _driver;
    private readonly TransferPlan _plan;

    // The message of the current and later posts; grows and is reused, so that a repost with a new message allocates nothing.
    private byte[] _message;
    private int _timeoutMs;

    internal Transfer(BackendInstance backend, BackendRequest request, ProgressLoop loop, TransferPlan plan, TransferOptions options)
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

    /// <summary>Direction, seen from this agent.</summary>
    public TransferOperation Operation => _plan.Transfer.Operation;

    /// <summary>The peer's name; this agent's own for a transfer to itself or to storage.</summary>
    public string RemoteAgent => _plan.Transfer.RemoteAgent;

    /// <summary>The backend that was chosen.</summary>
    public string Backend => _backend.Name;

    /// <summary>The bytes that one post moves.</summary>
    public long TotalBytes => _plan.Transfer.TotalBytes;

    /// <summary>How many pieces the engine moves, after merging neighbours.</summary>
    public int SegmentCount => _plan.Transfer.Segments.Length;

    /// <summary>The state: <see cref="NixlStatus.NotPosted"/>, <see cref="NixlStatus.InProgress"/> or how the last post ended. Does not poll.</summary>
    public NixlStatus Status => _request.Status;

    /// <summary>Whether the engine is done with the local memory of every post so far.</summary>
    public bool IsQuiescent => !RequestWord.Has(Volatile.Read(ref _request.Word), RequestWord.InFlight);

    /// <summary>Bytes that the engine reported for the last ended post; all of them when it ended with success.</summary>
    public long BytesDone => _request.BytesDone;

    /// <summary>Bytes moved by the present post so far, where the backend counts them on the way (OBJ does; others answer 0); after the end the same as
    /// <see cref="BytesDone"/>. For display: it may lag, and falls where a part has to be moved again.</summary>
    public long BytesSoFar => Status == NixlStatus.InProgress ? _request.BytesSoFar : BytesDone;

    /// <summary>The deadline of later posts, counted from each post; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public TimeSpan PostTimeout
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

    /// <summary>Posts the transfer with the message that it was created with or that the last post brought.</summary>
    /// <returns>Success when it ended at once, InProgress, or an error: RepostActive while in progress, NotAllowed while not quiescent or disposed, NotFound
    /// when the peer was invalidated or a region deregistered, or how the engine failed.</returns>
    public NixlStatus Post() => Post(replaceMessage: false, default);

    /// <summary>Posts the transfer and has <paramref name="notification"/> delivered to the peer after the data, now and at later posts without a message of
    /// their own. An empty message is a real one.</summary>
    /// <returns>As <see cref="Post()"/>; NotSupported when the backend delivers no notifications, InvalidParam when the message is too long for it.</returns>
    public NixlStatus Post(ReadOnlySpan<byte> notification) => Post(replaceMessage: true, notification);

    /// <summary>The state after one attempt to make progress. Never blocks.</summary>
    public NixlStatus Check()
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

    /// <summary>Asks for an early end. The transfer drains and ends as Canceled, or as Success when the engine had finished.</summary>
    public void Cancel() => Demand(NixlStatus.Canceled, Volatile.Read(ref _request.Word));

    /// <summary>Posts and waits for the end. Canceling the token cancels the transfer; the answer is then Canceled (or Success), not an exception.</summary>
    public ValueTask<NixlStatus> PostAsync(CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested ? new ValueTask<NixlStatus>(NixlStatus.Canceled) : AwaitPosted(Post(), cancellationToken);

    /// <summary>Posts with a new notification, as <see cref="Post(ReadOnlySpan{byte})"/> does, and waits for the end, as <see cref="PostAsync(CancellationToken)"/>
    /// does. The bytes are copied before this returns.</summary>
    public ValueTask<NixlStatus> PostAsync(ReadOnlySpan<byte> notification, CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested
            ? new ValueTask<NixlStatus>(NixlStatus.Canceled) : AwaitPosted(Post(notification), cancellationToken);

    /// <summary>Waits for the end of the current post; any number of waits at a time. Canceling the token ends only this wait, with
    /// <see cref="OperationCanceledException"/>.</summary>
    public ValueTask<NixlStatus> WaitAsync(CancellationToken cancellationToken = default)
    {
        var status = PollBriefly();
        return status != NixlStatus.InProgress ? new ValueTask<NixlStatus>(status) : Enlist(WaitKind.End, cancellationToken);
    }

    /// <summary>Waits until the engine is done with the local memory; for a transfer that ended without being quiescent.</summary>
    public ValueTask<NixlStatus> WhenQuiescent(CancellationToken cancellationToken = default) => Enlist(WaitKind.Quiescence, cancellationToken);

    /// <summary>Why the last post failed; null unless it ended with an error. Makes text: not for hot paths.</summary>
    public TransferFault? GetFault()
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

    /// <summary>What the backend expects one post to take.</summary>
    /// <returns>Success; NotSupported when the backend does not tell; NotFound when the peer was invalidated; NotAllowed when the transfer is disposed; or how
    /// the backend failed.</returns>
    public NixlStatus EstimateCost(out TransferCost cost)
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

    /// <summary>Throws the exception that describes an ended post's failure; does nothing after success.</summary>
    public void ThrowIfFailed()
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

    /// <summary>Gives the transfer back. In flight it is canceled first and released when it is quiescent; never throws, never blocks.</summary>
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
