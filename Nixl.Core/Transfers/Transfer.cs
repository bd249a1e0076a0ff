using Nixl.Agent;

namespace Nixl;

/// <summary>The user's handle on one prepared transfer: post it, poll or await it, post it again, dispose it.</summary>
/// <remarks>
/// <para>All members are thread-safe; posts of one transfer do not overlap. Post, Check and the awaits allocate nothing when warm and never throw for an
/// operating error: they answer with a status, and <see cref="GetFault"/> says why.</para>
/// <para>A transfer that ended is quiescent (nobody touches the local memory any more) unless it was given up after its drain time; then
/// <see cref="IsQuiescent"/> is false, reposting is <see cref="NixlStatus.NotAllowed"/>, and its local registrations are kept until the engine is done.</para>
/// <para>One that is collected without having been disposed is noticed: the agent lets a post in flight come to its end, releases the transfer then, counts it
/// and logs one warning.</para>
/// </remarks>
public sealed class Transfer : IDisposable
{
    internal Transfer(TransferCore core) => Core = core;

    /// <summary>Direction, seen from this agent.</summary>
    public TransferOperation Operation => Core.Operation;

    /// <summary>The peer's name; this agent's own for a transfer to itself or to storage.</summary>
    public string RemoteAgent => Core.RemoteAgent;

    /// <summary>The backend that was chosen.</summary>
    public string Backend => Core.Backend;

    /// <summary>The bytes that one post moves.</summary>
    public long TotalBytes => Core.TotalBytes;

    /// <summary>How many pieces the engine moves, after merging neighbours.</summary>
    public int SegmentCount => Core.SegmentCount;

    /// <summary>The state: <see cref="NixlStatus.NotPosted"/>, <see cref="NixlStatus.InProgress"/> or how the last post ended. Does not poll.</summary>
    public NixlStatus Status => Core.Status;

    /// <summary>Whether the engine is done with the local memory of every post so far.</summary>
    public bool IsQuiescent => Core.IsQuiescent;

    /// <summary>Bytes that the engine reported for the last ended post; all of them when it ended with success.</summary>
    public long BytesDone => Core.BytesDone;

    /// <summary>Bytes moved by the present post so far, where the backend counts them on the way (OBJ does; others answer 0); after the end the same as
    /// <see cref="BytesDone"/>. For display: it may lag, and falls where a part has to be moved again.</summary>
    public long BytesSoFar => Core.BytesSoFar;

    /// <summary>The deadline of later posts, counted from each post; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public TimeSpan PostTimeout
    {
        get => Core.PostTimeout;
        set => Core.PostTimeout = value;
    }

    /// <summary>What the agent keeps of it, which does not refer to this handle.</summary>
    internal TransferCore Core { get; }

    internal BackendInstance Instance => Core.Instance;

    /// <summary>Posts the transfer with the message that it was created with or that the last post brought.</summary>
    /// <returns>Success when it ended at once, InProgress, or an error: RepostActive while in progress, NotAllowed while not quiescent or disposed, NotFound
    /// when the peer was invalidated or a region deregistered, or how the engine failed.</returns>
    public NixlStatus Post() => Core.Post();

    /// <summary>Posts the transfer and has <paramref name="notification"/> delivered to the peer after the data, now and at later posts without a message of
    /// their own. An empty message is a real one.</summary>
    /// <returns>As <see cref="Post()"/>; NotSupported when the backend delivers no notifications, InvalidParam when the message is too long for it.</returns>
    public NixlStatus Post(ReadOnlySpan<byte> notification) => Core.Post(notification);

    /// <summary>The state after one attempt to make progress. Never blocks.</summary>
    public NixlStatus Check() => Core.Check();

    /// <summary>Asks for an early end. The transfer drains and ends as Canceled, or as Success when the engine had finished.</summary>
    public void Cancel() => Core.Cancel();

    /// <summary>Posts and waits for the end. Canceling the token cancels the transfer; the answer is then Canceled (or Success), not an exception.</summary>
    public ValueTask<NixlStatus> PostAsync(CancellationToken cancellationToken = default) => Core.PostAsync(cancellationToken);

    /// <summary>Posts with a new notification, as <see cref="Post(ReadOnlySpan{byte})"/> does, and waits for the end, as <see cref="PostAsync(CancellationToken)"/>
    /// does. The bytes are copied before this returns.</summary>
    public ValueTask<NixlStatus> PostAsync(ReadOnlySpan<byte> notification, CancellationToken cancellationToken = default)
        => Core.PostAsync(notification, cancellationToken);

    /// <summary>Waits for the end of the current post; any number of waits at a time. Canceling the token ends only this wait, with
    /// <see cref="OperationCanceledException"/>.</summary>
    public ValueTask<NixlStatus> WaitAsync(CancellationToken cancellationToken = default) => Core.WaitAsync(cancellationToken);

    /// <summary>Waits until the engine is done with the local memory; for a transfer that ended without being quiescent.</summary>
    public ValueTask<NixlStatus> WhenQuiescent(CancellationToken cancellationToken = default) => Core.WhenQuiescent(cancellationToken);

    /// <summary>Why the last post failed; null unless it ended with an error. Makes text: not for hot paths.</summary>
    public TransferFault? GetFault() => Core.GetFault();

    /// <summary>What the backend expects one post to take.</summary>
    /// <returns>Success; NotSupported when the backend does not tell; NotFound when the peer was invalidated; NotAllowed when the transfer is disposed; or how
    /// the backend failed.</returns>
    public NixlStatus EstimateCost(out TransferCost cost) => Core.EstimateCost(out cost);

    /// <summary>What the current or last post took. Reads memory only; any thread may call. A transfer that is posted often and ends fast is timed only now and
    /// then as long as nobody asks for it: then the first answer may be that of an earlier post, and from then on every post is timed.</summary>
    /// <param name="telemetry">The times; of a post in progress what is known so far, otherwise empty unless the answer is Success.</param>
    /// <returns>Success when the post has ended, whichever way (<see cref="Status"/> says which); InProgress; NotPosted; NoTelemetry when
    /// <see cref="NixlAgentOptions.Telemetry"/> is off.</returns>
    public NixlStatus GetTelemetry(out TransferTelemetry telemetry) => Core.GetTelemetry(out telemetry);

    /// <summary>Throws the exception that describes an ended post's failure; does nothing after success.</summary>
    public void ThrowIfFailed() => Core.ThrowIfFailed();

    /// <summary>Gives the transfer back. In flight it is canceled first and released when it is quiescent; never throws, never blocks.</summary>
    public void Dispose() => Core.Dispose();
}
