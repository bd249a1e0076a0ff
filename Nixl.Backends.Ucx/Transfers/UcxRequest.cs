using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Notifications;

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
    private UcxOperation* _operations;

    // Per post. Guarded by the worker's lock.
    private int _outstanding;
    private ucs_status_t _failure;
    private int _failedSegment;

    /// <summary>Lays the operations out; segments of length zero need none.</summary>
    internal UcxRequest(BackendTransfer transfer, UcxConnection connection)
    {
        Connection = connection;
        IsWrite = transfer.Operation == TransferOperation.Write;
        TotalBytes = transfer.TotalBytes;
        _self = GCHandle.Alloc(this);
        var segments = transfer.Segments.Span;
        _operations = (UcxOperation*)NativeMemory.Alloc((nuint)segments.Length + 1, (nuint)sizeof(UcxOperation));
        for (var i = 0; i < segments.Length; i++)
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
                    Key = ((UcxRemoteMemory)transfer.RemoteMemories[segment.RemoteMemory]).Key,
                    Segment = i,
                };
            }
        }

        _operations[Count] = new UcxOperation { Request = GCHandle.ToIntPtr(_self), Segment = -1 };
    }

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
        PostNumber = post;
        NextOperation = 0;
        InMessagePhase = false;
        Stopped = false;
        _failure = ucs_status_t.UCS_OK;
        _failedSegment = -1;
        _outstanding = 1;
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

    /// <summary>Takes what a native call returned for the operation counted by <see cref="Hold"/>.</summary>
    internal void Track(void* result, int segment)
    {
        var status = UcsPointer.Status(result);
        if (status != ucs_status_t.UCS_INPROGRESS)
        {
            Note(status, segment);
            _outstanding--;
        }
    }

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
        var status = Stopped ? NixlStatus.Canceled : Connection.IsOpen ? _failure.ToNixl() : NixlStatus.RemoteDisconnect;
        return status == NixlStatus.InProgress ? NixlStatus.BackendError : status;
    }

    /// <summary>Tells the agent. The last thing that happens with the request in this post; never called under the worker's lock.</summary>
    internal void Report(NixlStatus status, in BackendFault fault)
    {
        if (status == NixlStatus.Success)
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
        NativeMemory.Free(_operations);
        _operations = null;
        Message.Dispose();
        _self.Free();
    }
}
