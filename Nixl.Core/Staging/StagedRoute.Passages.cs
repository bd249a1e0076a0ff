using System.Diagnostics;
using Nixl.Agent;
using Nixl.Backends;

namespace Nixl.Staging;

/// <content>What happens under the token: chunks are sent on their way, change legs, arrive or fail.</content>
internal partial class StagedRoute
{
    /// <summary>Looks at the news of one transfer.</summary>
    private void Advance(StagedRequest request)
    {
        if (request.TryBegin())
        {
            _active++;
        }

        if (!request.IsActive)
        {
            return; // old news: the post has ended
        }

        for (var i = request.Passages.Count - 1; i >= 0; i--)
        {
            var passage = request.Passages[i];
            if (passage.HasEnded && !GoOn(request, passage))
            {
                request.Passages.RemoveAt(i);
                _bounce!.Return(passage.BounceChunk);
            }
        }

        if (request.Stops)
        {
            request.Passages.ForEach(static passage => passage.Cancel());
        }

        EndOrWait(request);
    }

    /// <summary>Sends chunks on their way as long as host memory is free and time is left; the transfers take turns.</summary>
    private int ServeWaiting(long end)
    {
        var events = 0;
        while (_waiting.Count > 0 && _bounce!.HasFree && Stopwatch.GetTimestamp() < end)
        {
            var request = _waiting.Dequeue();
            request.IsWaiting = false;
            if (request.IsActive && request.HasMoreChunks)
            {
                events++;
                SendNextChunk(request);
            }

            if (request.IsActive)
            {
                EndOrWait(request);
            }
        }

        return events;
    }

    private void SendNextChunk(StagedRequest request)
    {
        var passage = new StagedPassage(request, request.Chunks[request.NextChunk++], _bounce!.Rent(), loop);
        if (StartLeg(request, passage, isSecond: false) && (!passage.HasEnded || GoOn(request, passage)))
        {
            request.Passages.Add(passage);
        }
        else
        {
            _bounce.Return(passage.BounceChunk);
        }

        if (request.Stops)
        {
            Enqueue(request); // the chunks that are on their way are canceled
        }
    }

    /// <summary>What follows the end of a leg: the second leg, or the end of the passage.</summary>
    /// <returns>Whether a leg is under way now.</returns>
    private bool GoOn(StagedRequest request, StagedPassage passage)
    {
        while (passage.HasEnded)
        {
            var status = passage.Finish(out var fault);
            if (status != NixlStatus.Success)
            {
                Fail(request, passage, status, fault);
                return false;
            }

            if (passage.IsSecondLeg)
            {
                request.ChunksArrived++;
                request.BytesArrived += (long)passage.Chunk.Bytes;
                settings.Counters.CountStaged((long)passage.Chunk.Bytes);
                return false;
            }

            if (request.Stops || !StartLeg(request, passage, isSecond: true))
            {
                return false;
            }
        }

        return true;
    }

    private void EndOrWait(StagedRequest request)
    {
        if (request.HasMoreChunks)
        {
            if (!request.IsWaiting)
            {
                request.IsWaiting = true;
                _waiting.Enqueue(request);
            }

            return;
        }

        if (request.Passages.Count == 0)
        {
            End(request);
        }
    }

    /// <summary>Nothing is on its way: the message is sent when all has arrived, and the post ends.</summary>
    private void End(StagedRequest request)
    {
        var status = request.Failure;
        var fault = request.FailureFault;
        if (status == NixlStatus.Success && request.ChunksArrived < request.Chunks.Length)
        {
            status = NixlStatus.Canceled; // the transfer turns it into why the early end was asked for
        }

        if (status == NixlStatus.Success && request.HasNotification)
        {
            status = Notify(request, out fault);
        }

        _active--;
        request.IsActive = false;
        request.Fail(request.Post, status, request.BytesArrived, fault);
    }

    /// <summary>Sends the message of a transfer whose data has arrived. A message goes by the peer's name: not to another incarnation, which has no data.</summary>
    private NixlStatus Notify(StagedRequest request, out BackendFault fault)
    {
        if (request.StopIssuing)
        {
            fault = BackendFault.Because("the data has arrived, but the notification was not sent: the transfer was ended early, or the peer is gone");
            return NixlStatus.Canceled; // the transfer turns it into why
        }

        var status = far.Notifying!.GenNotif(request.Transfer.RemoteAgent, request.Notification.Span, out fault);
        if (status >= 0)
        {
            fault = default;
            return NixlStatus.Success;
        }

        fault = InWords(far, "the data has arrived, but the notification could not be sent", status, fault, -1);
        return status;
    }

    /// <summary>Prepares and posts a leg.</summary>
    /// <returns>Whether it is under way, or was and has ended; false when it could not be prepared.</returns>
    private bool StartLeg(StagedRequest request, StagedPassage passage, bool isSecond)
    {
        var isNear = request.Transfer.Operation == TransferOperation.Write != isSecond;
        var status = passage.Start(isNear ? near : far, Leg(request.Transfer, passage, isNear, intoHostMemory: !isSecond), out var fault);
        if (status == NixlStatus.InProgress)
        {
            if (passage.HasThrown)
            {
                request.Fail(NixlStatus.BackendError, BackendFault.Because($"the {passage.Engine.Name} engine threw; nobody knows whether it still uses the memory"));
                request.DemandEnd(NixlStatus.BackendError);
            }

            return true;
        }

        Fail(request, passage, status, fault);
        return false;
    }

    /// <summary>A leg as its engine sees it: host memory is the local side, the user's range on either side of the transfer the remote one.</summary>
    private BackendTransfer Leg(BackendTransfer transfer, StagedPassage passage, bool isNear, bool intoHostMemory)
    {
        var chunk = passage.Chunk;
        var segments = new TransferSegment[chunk.SegmentCount];
        var address = _bounce!.AddressOf(passage.BounceChunk);
        for (var i = 0; i < segments.Length; i++)
        {
            ref readonly var segment = ref transfer.Segments.Span[chunk.FirstSegment + i];
            var length = chunk.SegmentCount == 1 ? chunk.Bytes : segment.Length;
            segments[i] = isNear
                ? new TransferSegment(address, segment.LocalAddress + chunk.Skip, length, 0, segment.LocalMemory)
                : new TransferSegment(address, segment.RemoteAddress + chunk.Skip, length, 0, segment.RemoteMemory);
            address += length;
        }

        return new BackendTransfer
        {
            Operation = intoHostMemory ? TransferOperation.Read : TransferOperation.Write,
            RemoteAgent = isNear ? settings.AgentName : transfer.RemoteAgent,
            Segments = segments,
            LocalMemories = [isNear ? _bounce.Near : _bounce.Far],
            RemoteMemories = isNear ? transfer.OwnMemories : transfer.RemoteMemories,
            TotalBytes = (long)chunk.Bytes,
            CustomParam = transfer.CustomParam,
        };
    }

    private static void Fail(StagedRequest request, StagedPassage passage, NixlStatus status, in BackendFault fault)
    {
        var chunk = passage.Chunk;
        var isNamed = fault != default && (uint)fault.SegmentIndex < (uint)chunk.SegmentCount; // a fault that is not given names segment 0
        var segment = isNamed ? chunk.FirstSegment + fault.SegmentIndex : chunk.SegmentCount == 1 ? chunk.FirstSegment : -1;
        request.Fail(status, InWords(passage.Engine, passage.IsSecondLeg ? "the second leg failed" : "the first leg failed", status, fault, segment));
    }

    private static BackendFault InWords(BackendInstance engine, string what, NixlStatus status, in BackendFault fault, int segment)
    {
        var native = fault.NativeCode == 0 ? "" : $"; {engine.Engine.DescribeFault(fault)}";
        return new BackendFault(fault.NativeCode, segment, $"{what} ({engine.Name}): {fault.Detail ?? $"the engine answered {status}"}{native}", fault.Hint);
    }
}

/// <summary>A staged route whose far engine delivers notifications.</summary>
internal sealed class NotifyingStagedRoute(AgentSettings settings, Progress.ProgressLoop loop, BackendInstance near, BackendInstance far)
    : StagedRoute(settings, loop, near, far), INotifyingEngine
{
    public int NotificationBytesMax => Far.Notifying!.NotificationBytesMax;

    public NixlStatus GenNotif(string agent, ReadOnlySpan<byte> message, out BackendFault fault) => Far.Notifying!.GenNotif(agent, message, out fault);
}
