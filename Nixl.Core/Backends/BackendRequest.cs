namespace Nixl.Backends;

/// <summary>An engine's prepared transfer: one object per transfer, reused by every post. Engines derive and keep their per-post fields in it.</summary>
/// <remarks>Completion is accepted from any thread, inside a native callback, inside <see cref="IProgressEngine.Progress"/> and inside
/// <see cref="INixlBackendEngine.PostXfer"/>. It allocates nothing and takes no lock.</remarks>
public abstract class BackendRequest
{
    // See RequestWord for the states and who may change them.
    private long _word;
    private IRequestOwner? _owner;

    /// <summary>True once a deadline or cancellation asks the engine not to issue more; engines that issue in slices look at it before each slice.</summary>
    public bool StopIssuing => RequestWord.Has(Volatile.Read(ref _word), RequestWord.Draining);

    /// <summary>The state of the current or last post, <see cref="NixlStatus.NotPosted"/> before the first.</summary>
    public NixlStatus Status
    {
        get
        {
            var word = Volatile.Read(ref _word);
            return RequestWord.Has(word, RequestWord.Ended) ? RequestWord.StatusOf(word)
                : RequestWord.Has(word, RequestWord.InFlight) ? NixlStatus.InProgress
                : NixlStatus.NotPosted;
        }
    }

    /// <summary>The bytes that the current post has moved so far, for who watches a long transfer; 0 with engines that do not count on the way. Any thread.</summary>
    public virtual long BytesSoFar => 0;

    /// <summary>Whether the current post carries a notification; an empty one is a real one.</summary>
    public bool HasNotification { get; internal set; }

    /// <summary>The message to deliver to the peer after the data; valid until the post ends.</summary>
    public ReadOnlyMemory<byte> Notification { get; internal set; }

    /// <summary>The bytes that the engine reported for the last ended post.</summary>
    internal long BytesDone { get; private set; }

    /// <summary>Why the last post failed, as the engine reported it.</summary>
    internal BackendFault Fault { get; private set; }

    /// <summary>The state word, for whoever owns this request.</summary>
    internal ref long Word => ref _word;

    /// <summary>Ends post number <paramref name="post"/>. Complete means quiescent: engine, library, kernel and peer no longer touch the local memory for it.
    /// It is the last thing that an engine does with the request: native handles are freed and lists unlinked before.</summary>
    /// <param name="post">The number that <see cref="INixlBackendEngine.PostXfer"/> was given.</param>
    /// <param name="status">Success, or the error it ended with.</param>
    /// <param name="bytesDone">Bytes moved.</param>
    /// <returns>False when this is not the current post or it has ended already: a defect of the engine, refused, counted and logged.</returns>
    public bool Complete(uint post, NixlStatus status, long bytesDone) => Fail(post, status, bytesDone, default);

    /// <summary>The same as <see cref="Complete"/>, with the reason.</summary>
    public bool Fail(uint post, NixlStatus status, long bytesDone, in BackendFault fault)
    {
        if (!TryClaim(post, out var word))
        {
            _owner?.OnCompletionRefused(post);
            return false;
        }

        BytesDone = bytesDone;
        Fault = fault;
        _owner!.OnCompleted(word, status);
        return true;
    }

    /// <summary>For engines of the agent's own: see <see cref="IRequestOwner.EndEarly"/>.</summary>
    internal void DemandEnd(NixlStatus reason) => _owner?.EndEarly(reason);

    internal void Attach(IRequestOwner owner) => _owner = owner;

    private bool TryClaim(uint post, out long word)
    {
        word = Volatile.Read(ref _word);
        while (true)
        {
            if (RequestWord.PostOf(word) == post && RequestWord.Has(word, RequestWord.Losing))
            {
                Thread.SpinWait(4); // the other side publishes the quarantine: a few instructions
                word = Volatile.Read(ref _word);
                continue;
            }

            if (RequestWord.PostOf(word) != post || (word & (RequestWord.InFlight | RequestWord.Completing)) != RequestWord.InFlight)
            {
                return false;
            }

            var seen = Interlocked.CompareExchange(ref _word, word | RequestWord.Completing, word);
            if (seen == word)
            {
                return true;
            }

            word = seen;
        }
    }
}
