using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Transfers;

/// <summary>One prepared transfer: its native operations and, per post, how far they are.</summary>
/// <remarks>
/// <code>
/// (idle) --Begin--> Data --all operations and the flush are back--> Message --handed over--> (ended)
///                     '------ no notification, or a failure --------------------------------^
/// </code>
/// Everything below "per post" is guarded by the worker's lock: libucp calls back only inside calls that are made under it.
/// </remarks>
internal sealed unsafe class UcxRequest : BackendRequest
{
    private readonly GCHandle _self;
    private readonly UcxRequest? _whole;
    private UcxOperation* _operations;

    // Pieces that dedicated workers have not ended, of this post. Any thread.
    private int _piecesLeft;

    // Per post. Guarded by the worker's lock.
    private int _outstanding;
    private ucs_status_t _failure;
    private int _failedSegment;
    private bool _pieceLost;

    /// <summary>A transfer that one worker carries out.</summary>
    internal UcxRequest(BackendTransfer transfer, UcxConnection connection) : this(transfer, connection, 0..transfer.Segments.Length)
    {
    }

    /// <summary>A transfer whose <paramref name="pieces"/> the dedicated workers carry out; <paramref name="connection"/> has the notification.</summary>
    internal UcxRequest(BackendTransfer transfer, UcxConnection connection, IReadOnlyList<(DedicatedThread Thread, Range Segments)> pieces)
        : this(transfer, connection, 0..0)
        => Pieces = [.. pieces.Select(piece => new UcxRequest(transfer, connection.All[piece.Thread.Worker.Index], piece.Segments, this, piece.Thread))];

    /// <summary>Lays the operations out; segments of length zero need none.</summary>
    private UcxRequest(BackendTransfer transfer, UcxConnection connection, Range range, UcxRequest? whole = null, DedicatedThread? thread = null)
    {
        _whole = whole;
        Thread = thread;
        Connection = connection;
        IsWrite = transfer.Operation == TransferOperation.Write;
        TotalBytes = transfer.TotalBytes;
        _self = GCHandle.Alloc(this);
        var segments = transfer.Segments.Span;
        var (start, length) = range.GetOffsetAndLength(segments.Length);
        var worker = connection.Worker.Index;
        _operations = (UcxOperation*)NativeMemory.Alloc((nuint)length + 1, (nuint)sizeof(UcxOperation));
        for (var i = start; i < start + length; i++)
        {
            ref readonly var segment = ref segments[i];
            if (segment.Length > 0)
            {
                _operations[Count++] = new UcxOperation
                {
                    Request = GCHandle.ToIntPtr(_self),
                    Local = (void*)segment.LocalAddress,
                    Remote = segment.RemoteAddress,
                    Length = (nuint)segment.Length,
                    Memory = ((UcxMemory)transfer.LocalMemories[segment.LocalMemory]).Pointer,
                    Key = ((UcxRemoteMemory)transfer.RemoteMemories[segment.RemoteMemory]).KeyOn(worker),
                    Segment = i,
                };
            }
        }

        _operations[Count] = new UcxOperation { Request = GCHandle.ToIntPtr(_self), Segment = -1 };
    }

    /// <summary>The pieces that dedicated workers carry out; empty for a transfer that one worker does.</summary>
    internal UcxRequest[] Pieces { get; } = [];

    /// <summary>The thread that carries this piece out; null for a whole transfer.</summary>
    internal DedicatedThread? Thread { get; }

    /// <summary>Whether a deadline or cancellation asks not to issue more.</summary>
    internal bool IsStopWanted => (_whole ?? this).StopIssuing;

    /// <summary>The peer, one per transfer.</summary>
    internal UcxConnection Connection { get; }

    /// <summary>Whether bytes go to the peer.</summary>
    internal bool IsWrite { get; }

    /// <summary>The bytes of one post.</summary>
    internal long TotalBytes { get; }

    /// <summary>The number of data operations.</summary>
    internal int Count { get; }

    /// <summary>The encoded notification; its memory must stay until libucp has sent it, and is kept for the next post.</summary>
    internal NativeBuffer Message { get; } = new();

    /// <summary>The next request in the list that this one is in. Guarded by the worker's lock.</summary>
    internal UcxRequest? Link { get; set; }

    /// <summary>The number of the current post.</summary>
    internal uint PostNumber { get; private set; }

    /// <summary>The shares of this post that have not been given back: the operations that libucp has, and the issuer's.</summary>
    internal int Outstanding => _outstanding;

    /// <summary>Whether the next operation is issued when something has come back, and not before.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Index of the next operation to issue.</summary>
    internal int NextOperation { get; set; }

    /// <summary>Whether the data phase is over and the notification is being handed over.</summary>
    internal bool InMessagePhase { get; private set; }

    /// <summary>Whether a cancellation or deadline kept operations from being issued.</summary>
    internal bool Stopped { get; private set; }

    /// <summary>Whether <c>PostXfer</c> returned InProgress and nobody has been told of the end.</summary>
    internal bool InFlight { get; set; }

    /// <summary>Whether some operation failed or the rest was not to be issued.</summary>
    internal bool HasFailed => _failure != ucs_status_t.UCS_OK;

    /// <summary>The context of a data operation, or of the flush and the notification for <see cref="Count"/>.</summary>
    internal UcxOperation* OperationAt(int index) => _operations + index;

    /// <summary>The request that a callback's context belongs to.</summary>
    internal static UcxRequest FromOperation(UcxOperation* operation) => (UcxRequest)GCHandle.FromIntPtr(operation->Request).Target!;

    /// <summary>Starts a post. The issuer holds one share of the outstanding count, so that no callback ends the post under its hands.</summary>
    internal void Begin(uint post)
    {
        _piecesLeft = Pieces.Length;
        _pieceLost = false;
        PostNumber = post;
        NextOperation = 0;
        IsWaiting = false;
        InMessagePhase = false;
        Stopped = false;
        _failure = ucs_status_t.UCS_OK;
        _failedSegment = -1;
        _outstanding = 1;
    }

    /// <summary>Hands the pieces to their threads; not under a lock. The last one that ends may end the post before this returns.</summary>
    internal void PostPieces(uint post)
    {
        foreach (var piece in Pieces)
        {
            piece.PostNumber = post;
            piece.Thread!.Post(piece);
        }
    }

    /// <summary>Takes over how the pieces ended: the first failure in the caller's order.</summary>
    internal void CollectPieces()
    {
        foreach (var piece in Pieces)
        {
            Note(piece._failure, piece._failedSegment);
            Stopped |= piece.Stopped;
            _pieceLost |= piece.HasFailed && !piece.Connection.IsOpen;
        }
    }

    /// <summary>Starts handing the notification over, again with the issuer's share.</summary>
    internal void BeginMessage()
    {
        InMessagePhase = true;
        _outstanding = 1;
    }

    /// <summary>Counts an operation that is about to be issued: its callback may come before the call returns.</summary>
    internal void Hold() => _outstanding++;

    /// <summary>Gives one share back; true when it was the last.</summary>
    internal bool Drop() => --_outstanding == 0;

    /// <summary>Records the first failure of the post.</summary>
    internal void Note(ucs_status_t status, int segment)
    {
        if (status != ucs_status_t.UCS_OK && _failure == ucs_status_t.UCS_OK)
        {
            _failure = status;
            _failedSegment = segment;
        }
    }

    /// <summary>Ends the issuing early because the agent wants the post to end.</summary>
    internal void Stop()
    {
        Stopped = true;
        Note(ucs_status_t.UCS_ERR_CANCELED, -1);
    }

    /// <summary>How the post ended.</summary>
    internal NixlStatus Outcome(out BackendFault fault)
    {
        fault = default;
        if (!HasFailed)
        {
            return NixlStatus.Success;
        }

        fault = new BackendFault((int)_failure, _failedSegment, Stopped ? "The transfer was stopped before every segment was issued." : null);
        var status = Stopped ? NixlStatus.Canceled : Connection.IsOpen && !_pieceLost ? _failure.ToNixl() : NixlStatus.RemoteDisconnect;
        return status == NixlStatus.InProgress ? NixlStatus.BackendError : status;
    }

    /// <summary>Takes a post back whose workers are gone; false when it has ended.</summary>
    internal bool TryAbandon()
    {
        var worker = Connection.Worker;
        worker.Enter();
        var wasInFlight = InFlight;
        InFlight = false;
        worker.Leave();
        return wasInFlight;
    }

    /// <summary>Tells the agent. The last thing that happens with the request in this post; never called under the worker's lock.</summary>
    internal void Report(NixlStatus status, in BackendFault fault)
    {
        if (_whole is { } whole)
        {
            Thread!.Ended();
            whole.PieceEnded();
        }
        else if (status == NixlStatus.Success)
        {
            Complete(PostNumber, status, TotalBytes);
        }
        else
        {
            Fail(PostNumber, status, 0, fault);
        }
    }

    /// <summary>Frees the native memory. Once, while nothing is in flight.</summary>
    internal void Free()
    {
        foreach (var piece in Pieces)
        {
            piece.Free();
        }

        NativeMemory.Free(_operations);
        _operations = null;
        Message.Dispose();
        _self.Free();
    }

    /// <summary>The last piece goes on with what is left, on the worker that the notification is sent on.</summary>
    private void PieceEnded()
    {
        if (Interlocked.Decrement(ref _piecesLeft) == 0)
        {
            var worker = Connection.Worker;
            worker.Enter();
            worker.Transfers.EndPieces(this);
            worker.Leave();
        }
    }
}
