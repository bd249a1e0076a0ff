using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>One prepared transfer and, per post, how far it is.</summary>
/// <remarks>
/// <code>
/// (idle) --Begin--> Data --all bytes moved--> Message --in the ring--> (ended)
///                     '------ no notification, or a failure -----------------^
/// </code>
/// What is "per post" belongs to the thread that posts until the request is queued, and from then on to whoever progresses.
/// </remarks>
internal sealed class ShmRequest : BackendRequest
{
    private const long MessageMask = 3;
    private const long MessageQueued = 1;
    private const long MessageWritten = 2;

    private readonly ReadOnlyMemory<TransferSegment> _segments;

    // The post's number and, in the lowest bits, what became of its message. The number keeps the message of a canceled post, which is still written, from
    // being taken for the next one's.
    private long _messageState;

    internal ShmRequest(BackendTransfer transfer, ShmConnection? connection)
    {
        _segments = transfer.Segments;
        Connection = connection;
        IsWrite = transfer.Operation == TransferOperation.Write;
        TotalBytes = transfer.TotalBytes;
        Remotes = [.. transfer.RemoteMemories.Cast<ShmRemoteMemory>()];
    }

    /// <summary>The peer; null for a transfer of this agent to itself.</summary>
    internal ShmConnection? Connection { get; }

    /// <summary>Whether bytes go to the peer.</summary>
    internal bool IsWrite { get; }

    internal long TotalBytes { get; }

    internal ShmRemoteMemory[] Remotes { get; }

    internal ReadOnlySpan<TransferSegment> Segments => _segments.Span;

    /// <summary>The next request that was queued before this one; the queue's.</summary>
    internal ShmRequest? Link { get; set; }

    /// <summary>The number of the current post.</summary>
    internal uint Post { get; private set; }

    /// <summary>Whether a post has begun and not ended.</summary>
    internal bool InFlight { get; private set; }

    /// <summary>The segment that is being moved; the number of segments when all are.</summary>
    internal int Segment { get; set; }

    /// <summary>How much of that segment has been moved.</summary>
    internal ulong Offset { get; set; }

    /// <summary>Bytes moved by this post.</summary>
    internal long BytesDone { get; set; }

    internal NixlStatus Outcome { get; private set; }

    internal BackendFault OutcomeFault { get; private set; }

    /// <summary>Whether the message was handed to the outbox.</summary>
    internal bool IsMessageSent => (Volatile.Read(ref _messageState) & MessageMask) != 0;

    /// <summary>Whether the message is in the ring.</summary>
    internal bool IsMessageWritten => (Volatile.Read(ref _messageState) & MessageMask) == MessageWritten;

    /// <summary>Starts a post.</summary>
    internal void Begin(uint post)
    {
        Post = post;
        Segment = 0;
        Offset = 0;
        BytesDone = 0;
        Volatile.Write(ref _messageState, (long)post << 2);
        InFlight = true;
    }

    /// <summary>Takes note of how the post ends.</summary>
    internal void End(NixlStatus status, BackendFault fault = default)
    {
        Outcome = status;
        OutcomeFault = fault;
        InFlight = false;
    }

    /// <summary>The message is about to be handed over, and may be in the ring before that returns.</summary>
    internal void OnMessageSending() => Volatile.Write(ref _messageState, ((long)Post << 2) | MessageQueued);

    /// <summary>The message was not taken: it will be tried again.</summary>
    internal void OnMessageRefused() => Volatile.Write(ref _messageState, (long)Post << 2);

    /// <summary>The message of a post is in the ring to its end. Called under the outbox's gate, by any thread.</summary>
    internal void OnMessageWritten(uint post)
        => Interlocked.CompareExchange(ref _messageState, ((long)post << 2) | MessageWritten, ((long)post << 2) | MessageQueued);

    /// <summary>Tells the agent how the post ended: the last thing done with it.</summary>
    internal void Report() => Fail(Post, Outcome, BytesDone, OutcomeFault);
}
