using Nixl.Backends;

namespace Nixl.Staging;

/// <summary>A prepared transfer over a staged route. All but <see cref="RequestPost"/> and <see cref="TryMark"/> belongs to who holds the route's token.</summary>
internal sealed class StagedRequest(StagedRoute route, BackendTransfer transfer, StagedChunk[] chunks) : BackendRequest
{
    private const long NoPost = -1;

    private long _wanted = NoPost;
    private int _isMarked;

    internal StagedRoute Route { get; } = route;

    internal BackendTransfer Transfer { get; } = transfer;

    internal StagedChunk[] Chunks { get; } = chunks;

    /// <summary>The post that is under way.</summary>
    internal uint Post { get; private set; }

    /// <summary>Whether a post is under way.</summary>
    internal bool IsActive { get; set; }

    /// <summary>Whether it stands in line for a chunk of host memory.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Index of the next chunk that has not been sent on its way.</summary>
    internal int NextChunk { get; set; }

    /// <summary>How many chunks have arrived.</summary>
    internal int ChunksArrived { get; set; }

    /// <summary>Bytes that have arrived.</summary>
    internal long BytesArrived { get; set; }

    /// <summary>The chunks on their way.</summary>
    internal List<StagedPassage> Passages { get; } = [];

    /// <summary>The first failure; Success as long as there is none.</summary>
    internal NixlStatus Failure { get; private set; }

    internal BackendFault FailureFault { get; private set; }

    /// <summary>Whether nothing more is sent on its way: a deadline, a cancellation, or a failure.</summary>
    internal bool Stops => StopIssuing || Failure != NixlStatus.Success;

    internal bool HasMoreChunks => NextChunk < Chunks.Length && !Stops;

    /// <summary>Asks for a post to begin; any thread.</summary>
    internal void RequestPost(uint post) => Interlocked.Exchange(ref _wanted, post);

    /// <summary>Begins the post that was asked for, if one was.</summary>
    internal bool TryBegin()
    {
        var wanted = Interlocked.Exchange(ref _wanted, NoPost);
        if (wanted == NoPost)
        {
            return false;
        }

        Post = (uint)wanted;
        IsActive = true;
        NextChunk = 0;
        ChunksArrived = 0;
        BytesArrived = 0;
        Failure = NixlStatus.Success;
        FailureFault = default;
        return true;
    }

    /// <summary>Takes note of a failure; the first one counts.</summary>
    internal void Fail(NixlStatus status, in BackendFault fault)
    {
        if (Failure == NixlStatus.Success)
        {
            (Failure, FailureFault) = (status, fault);
        }
    }

    /// <summary>Marks it as having news; false when it is marked already. Any thread.</summary>
    internal bool TryMark() => Interlocked.Exchange(ref _isMarked, 1) == 0;

    /// <summary>Takes the mark away before the news is looked at: what comes later marks it again. A full fence.</summary>
    internal void Unmark() => Interlocked.Exchange(ref _isMarked, 0);
}
