using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <content>Moving the bytes, and the defects that do it wrongly.</content>
internal sealed partial class InMemoryEngine
{
    private InMemoryRequest? _late; // ended, but not moved: only with a defect
    private byte[]? _garbage;

    private NixlStatus Move(InMemoryRequest request, out BackendFault fault)
    {
        fault = default;
        var count = request.Transfer.Segments.Length - (_defect == EngineDefect.DropsLastSegment ? 1 : 0);
        for (var i = 0; i < count; i++)
        {
            if (i == request.FailAt && _defect == EngineDefect.HidesFailures)
            {
                break;
            }

            var segment = WithDefects(request, i);
            var status = MovePart(request, i, segment, 0, segment.Length, out fault);
            if (status != NixlStatus.Success)
            {
                return status;
            }
        }

        return NixlStatus.Success;
    }

    private NixlStatus MoveSlice(InMemoryRequest request, out BackendFault fault)
    {
        fault = default;
        var segments = request.Transfer.Segments.Span;
        var budget = (ulong)_sliceBytes;
        while (request.Segment < segments.Length && budget > 0)
        {
            var segment = segments[request.Segment];
            var part = Math.Min(budget, segment.Length - request.SegmentDone);
            var status = MovePart(request, request.Segment, segment, request.SegmentDone, part, out fault);
            if (status != NixlStatus.Success)
            {
                return status;
            }

            budget -= part;
            request.SegmentDone += part;
            if (request.SegmentDone == segment.Length)
            {
                request.Segment++;
                request.SegmentDone = 0;
            }
        }

        return request.Segment < segments.Length ? NixlStatus.InProgress : NixlStatus.Success;
    }

    private unsafe NixlStatus MovePart(InMemoryRequest request, int index, in TransferSegment segment, ulong offset, ulong length, out BackendFault fault)
    {
        fault = default;
        if (index == request.FailAt)
        {
            fault = new BackendFault(42, index + (_defect == EngineDefect.BlamesNextSegment ? 1 : 0), "the engine was told to fail here", "Leave fail= out.");
            return NixlStatus.BackendError;
        }

        var remote = (InMemoryRemoteRegion)request.Transfer.RemoteMemories[segment.RemoteMemory];
        if (InMemoryFabric.Find(remote.EngineId) is not { } target)
        {
            return Lost(request.Transfer.RemoteAgent, out fault);
        }

        var region = target.UseRegion(remote.Key, segment.RemoteAddress + offset, length);
        if (region is null && _defect is not (EngineDefect.HonoursStaleKeys or EngineDefect.OneByteLong))
        {
            fault = new BackendFault(13, index, "the target does not expose this range any more", "Fetch its metadata again.");
            return NixlStatus.BackendError;
        }

        var local = (void*)(segment.LocalAddress + offset);
        var there = (void*)(segment.RemoteAddress + offset);
        if (request.Transfer.Operation == TransferOperation.Write == (_defect != EngineDefect.WrongDirection))
        {
            Buffer.MemoryCopy(local, there, length, length);
        }
        else
        {
            Buffer.MemoryCopy(there, local, length, length);
        }

        region?.EndUse();
        request.BytesMoved += (long)length;
        return NixlStatus.Success;
    }

    private void ApplyPostDefects(InMemoryRequest request)
    {
        switch (_defect)
        {
            case EngineDefect.NotifiesBeforeData:
                SendMessageOf(request);
                break;
            case EngineDefect.CompletesBeforeData when _late is { } late:
                Move(late, out _);
                break;
            case EngineDefect.RepeatsFirstMessage:
                request.FirstMessage ??= request.Notification.ToArray();
                break;
            case EngineDefect.AllocatesPerPost:
                Volatile.Write(ref _garbage, new byte[64]);
                break;
            default:
                break;
        }
    }

    private TransferSegment WithDefects(InMemoryRequest request, int index)
    {
        var segments = request.Transfer.Segments.Span;
        var segment = segments[index];
        return _defect switch
        {
            EngineDefect.IgnoresOffset => segment with { RemoteAddress = request.Transfer.RemoteMemories[segment.RemoteMemory].Range.Address },
            EngineDefect.SwapsSegments when index < 2 && segments.Length > 1 => segment with { RemoteAddress = segments[1 - index].RemoteAddress },
            EngineDefect.OneByteShort when segment.Length > 0 => segment with { Length = segment.Length - 1 },
            EngineDefect.OneByteLong => segment with { Length = segment.Length + 1 },
            _ => segment,
        };
    }
}
