using System.Collections.Concurrent;
using System.Globalization;
using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <content>Posts, in every way in which they can end.</content>
internal sealed partial class InMemoryEngine
{
    private readonly ConcurrentDictionary<InMemoryRequest, bool> _inFlight = []; // every prepared request until its release
    private readonly ConcurrentQueue<(InMemoryRequest Request, uint Post)> _queue = [];
    private ForeignThread? _foreign;

    /// <summary>Holds posts in mode BlocksInPost until it is set.</summary>
    internal ManualResetEventSlim PostGate { get; } = new();

    /// <summary>What the last accepted posts did not move yet: requests in mode Never or UntilCanceled.</summary>
    internal int StuckCount => _inFlight.Keys.Count(static request => request.IsBusy && IsStuckMode(request.Mode));

    internal int PreparedCount => _inFlight.Count;

    /// <summary>Ends every post that is stuck, as a library would that comes back late.</summary>
    internal void FinishStuck(NixlStatus status = NixlStatus.Success)
    {
        foreach (var request in _inFlight.Keys)
        {
            if (request.IsBusy && IsStuckMode(request.Mode))
            {
                Finish(request, request.Post, status, default);
            }
        }
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        RequireOpen(nameof(PrepXfer));
        fault = default;
        request = null;
        RequireLiveMemory(transfer, nameof(PrepXfer));
        if (!TryReadWishes(transfer.CustomParam, out var mode, out var failAt))
        {
            fault = BackendFault.Because($"CustomParam '{transfer.CustomParam}' is not understood", "Write mode=…;fail=….");
            return NixlStatus.InvalidParam;
        }

        if (mode == CompletionMode.Foreign)
        {
            _ = LazyInitializer.EnsureInitialized(ref _foreign, () => new ForeignThread(Run));
        }

        var prepared = new InMemoryRequest(transfer, mode, failAt);
        _inFlight[prepared] = true;
        request = prepared;
        return NixlStatus.Success;
    }

    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        RequireOpen(nameof(PostXfer));
        fault = default;
        var own = (InMemoryRequest)request;
        Enter(own, nameof(PostXfer));
        Watch.Require(own.TryBegin(post), "PostXfer while the request is busy");
        Watch.Require(post == own.Post + 1, "PostXfer with another number than the next");
        own.Post = post;
        own.Segment = 0;
        own.SegmentDone = 0;
        own.BytesMoved = 0;
        RequireLiveMemory(own.Transfer, nameof(PostXfer));
        ApplyPostDefects(own);
        var status = Start(own, post, out fault);
        own.Leave();
        return status;
    }

    public void CancelXfer(BackendRequest request, uint post)
    {
        RequireOpen(nameof(CancelXfer));
        var own = (InMemoryRequest)request;
        Enter(own, nameof(CancelXfer));
        Watch.Require(post == own.Post, "CancelXfer with the number of another post");
        if (own.Mode == CompletionMode.UntilCanceled)
        {
            Finish(own, post, NixlStatus.Canceled, default);
            if (_defect == EngineDefect.WritesAfterCancel)
            {
                _queue.Enqueue((own, post));
            }
        }

        own.Leave();
    }

    public void ReleaseXfer(BackendRequest request)
    {
        RequireOpen(nameof(ReleaseXfer));
        var own = (InMemoryRequest)request;
        Enter(own, nameof(ReleaseXfer));
        Watch.Require(!own.IsBusy, "ReleaseXfer while the request is busy");
        own.IsReleased = true;
        Watch.Require(_inFlight.TryRemove(own, out _), "ReleaseXfer twice");
        own.Leave();
    }

    public int Progress()
    {
        Watch.EnterPolling(nameof(Progress));
        var events = 0;
        for (var left = _queue.Count; left > 0 && _queue.TryDequeue(out var entry); left--)
        {
            Run(entry.Request, entry.Post);
            events++;
        }

        Watch.LeavePolling();
        return events;
    }

    public bool TryArm()
    {
        Watch.EnterPolling(nameof(TryArm));
        var quiet = _queue.IsEmpty && _inbox.IsEmpty;
        Watch.LeavePolling();
        return quiet;
    }

    private static bool IsStuckMode(CompletionMode mode) => mode is CompletionMode.Never or CompletionMode.UntilCanceled;

    private void Enter(InMemoryRequest request, string verb)
    {
        if (!request.TryEnter())
        {
            Watch.Report($"{verb} while another verb of the request runs");
        }

        if (request.IsReleased)
        {
            Watch.Report($"{verb} after ReleaseXfer");
        }
    }

    private void RequireLiveMemory(BackendTransfer transfer, string verb)
    {
        for (var i = 0; i < transfer.LocalMemories.Count; i++)
        {
            if (((InMemoryRegion)transfer.LocalMemories[i]).IsGone)
            {
                Watch.Report($"{verb} over deregistered memory");
            }
        }

        for (var i = 0; i < transfer.RemoteMemories.Count; i++)
        {
            if (((InMemoryRemoteRegion)transfer.RemoteMemories[i]).IsUnloaded)
            {
                Watch.Report($"{verb} over unloaded remote memory");
            }
        }
    }

    private bool TryReadWishes(string text, out CompletionMode mode, out int failAt)
    {
        mode = _mode;
        failAt = -1;
        foreach (var wish in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var understood = wish.StartsWith("mode=", StringComparison.Ordinal)
                ? Enum.TryParse(wish.AsSpan(5), out mode)
                : wish.StartsWith("fail=", StringComparison.Ordinal) && int.TryParse(wish.AsSpan(5), CultureInfo.InvariantCulture, out failAt);
            if (!understood)
            {
                return false;
            }
        }

        return true;
    }

    private NixlStatus Start(InMemoryRequest request, uint post, out BackendFault fault)
    {
        fault = default;
        switch (request.Mode)
        {
            case CompletionMode.Immediate:
                var status = Move(request, out fault);
                EndWithoutCompletion(request, status);
                return status;
            case CompletionMode.BlocksInPost:
                PostGate.Wait(TimeSpan.FromSeconds(10));
                goto case CompletionMode.Immediate;
            case CompletionMode.InsidePost:
                Run(request, post);
                return NixlStatus.InProgress;
            case CompletionMode.FailInPost:
                fault = new BackendFault(77, 0, "the engine was told to refuse the post", "Use another mode.");
                request.TryFinish(request.Post);
                return NixlStatus.BackendError;
            case CompletionMode.Throws:
                throw new InvalidOperationException("the engine was told to throw");
            case CompletionMode.Foreign:
                _foreign!.Add(request, post);
                return NixlStatus.InProgress;
            case CompletionMode.Late or CompletionMode.Slices:
                _queue.Enqueue((request, post));
                return NixlStatus.InProgress;
            default:
                return NixlStatus.InProgress;
        }
    }

    private void EndWithoutCompletion(InMemoryRequest request, NixlStatus status)
    {
        if (status == NixlStatus.Success)
        {
            SendMessageOf(request);
        }

        request.TryFinish(request.Post);
    }

    private void Run(InMemoryRequest request, uint post)
    {
        if (_defect == EngineDefect.WritesAfterCancel && !request.IsBusy)
        {
            Move(request, out _);
            return;
        }

        if (request.Mode == CompletionMode.Slices)
        {
            RunSlice(request, post);
            return;
        }

        if (_defect == EngineDefect.CompletesBeforeData)
        {
            _late = request;
            Finish(request, post, NixlStatus.Success, default);
            return;
        }

        var status = Move(request, out var fault);
        Finish(request, post, status, fault);
    }

    private void RunSlice(InMemoryRequest request, uint post)
    {
        if (request.StopIssuing)
        {
            Finish(request, post, NixlStatus.Canceled, default);
            return;
        }

        var status = MoveSlice(request, out var fault);
        if (status == NixlStatus.InProgress)
        {
            _queue.Enqueue((request, post));
            return;
        }

        Finish(request, post, status, fault);
    }

    /// <summary>Sends the message, lets go of the request and completes it, in this order.</summary>
    private void Finish(InMemoryRequest request, uint post, NixlStatus status, in BackendFault fault)
    {
        var bytes = request.BytesMoved;
        if (!request.TryFinish(post))
        {
            return;
        }

        if (status == NixlStatus.Success && _defect != EngineDefect.NotifiesBeforeData)
        {
            SendMessageOf(request);
        }

        if (_defect == EngineDefect.WrongPostNumber)
        {
            request.Complete(post + 1, status, bytes);
        }

        request.Fail(post, status, bytes, fault);
        if (_defect == EngineDefect.CompletesTwice)
        {
            request.Complete(post, status, bytes);
        }
    }
}
