using Nixl.Agent;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Staging;

/// <summary>One chunk on its way through host memory: two legs after one another, each a request of an engine with its own state word.</summary>
/// <remarks>Everything but the end of a leg happens under the route's token, by one thread at a time. A leg is posted once.</remarks>
internal sealed class StagedPassage(StagedRequest transfer, StagedChunk chunk, int bounceChunk, ProgressLoop loop) : IRequestOwner
{
    private const uint LegPost = 1;

    private BackendInstance? _engine;
    private BackendRequest? _leg;
    private bool _isCanceled;

    /// <summary>The chunk of host memory that it occupies.</summary>
    internal int BounceChunk { get; } = bounceChunk;

    internal StagedChunk Chunk { get; } = chunk;

    /// <summary>Whether the data is in host memory and the second leg moves it on.</summary>
    internal bool IsSecondLeg { get; private set; }

    /// <summary>The engine of the current leg.</summary>
    internal BackendInstance Engine => _engine!;

    /// <summary>Whether the engine threw when the current leg was posted: nobody knows whether it ends.</summary>
    internal bool HasThrown { get; private set; }

    /// <summary>Whether the current leg has ended, so that nobody touches the memory for it.</summary>
    internal bool HasEnded => _leg is { } leg && RequestWord.Has(Volatile.Read(ref leg.Word), RequestWord.Ended);

    /// <summary>Starts the first leg, or the second when the first has ended.</summary>
    /// <returns>InProgress, also when the leg has ended at once (<see cref="HasEnded"/>); an error when it could not be prepared.</returns>
    internal NixlStatus Start(BackendInstance engine, BackendTransfer leg, out BackendFault fault)
    {
        IsSecondLeg = _engine is not null;
        _engine = engine;
        BackendRequest? request;
        NixlStatus status;
        try
        {
            status = engine.Engine.PrepXfer(leg, out request, out fault);
        }
#pragma warning disable CA1031 // Nothing was posted: a defect of the engine is a failure of this leg, and must not take the route away from other transfers.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            loop.ReportEngineThrew(engine.Name, defect);
            fault = BackendFault.Because("the engine threw while it prepared the leg", "This is a defect of the plugin; the log has it.");
            return NixlStatus.BackendError;
        }

        if (status != NixlStatus.Success)
        {
            return status;
        }

        request!.Attach(this);
        Volatile.Write(ref request.Word, RequestWord.Make(LegPost, NixlStatus.InProgress, RequestWord.InFlight));
        _leg = request;
        try
        {
            status = engine.Engine.PostXfer(request, LegPost, out fault);
            if (status != NixlStatus.InProgress)
            {
                request.Fail(LegPost, status, 0, fault);
            }
        }
#pragma warning disable CA1031 // A throwing engine is a defect whose extent nobody knows: the leg counts as in flight, and the transfer is quarantined.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            loop.ReportEngineThrew(engine.Name, defect);
            HasThrown = true;
        }

        return NixlStatus.InProgress;
    }

    /// <summary>Gives the request of the leg that has ended back.</summary>
    internal NixlStatus Finish(out BackendFault fault)
    {
        var leg = _leg!;
        _leg = null;
        var status = leg.Status;
        fault = leg.Fault;
        _engine!.Engine.ReleaseXfer(leg);
        return status;
    }

    /// <summary>Asks the engine for an early end of the current leg; once.</summary>
    internal void Cancel()
    {
        if (_isCanceled || _leg is not { } leg)
        {
            return;
        }

        _isCanceled = true;
        var word = Volatile.Read(ref leg.Word);
        const long Ending = RequestWord.Completing | RequestWord.Ended;
        if ((word & Ending) == 0
            && Interlocked.CompareExchange(ref leg.Word, RequestWord.WithStatus(word, NixlStatus.Canceled) | RequestWord.Draining, word) == word)
        {
            _engine!.Engine.CancelXfer(leg, LegPost);
        }
    }

    void IRequestOwner.OnCompleted(long word, NixlStatus status)
    {
        Volatile.Write(ref _leg!.Word, RequestWord.Make(LegPost, status, RequestWord.Ended));
        transfer.Route.Enqueue(transfer); // from now on another thread may go on with the next leg
    }

    void IRequestOwner.OnCompletionRefused(uint post) => loop.ReportCompletionRefused(_engine!.Name, post);
}
