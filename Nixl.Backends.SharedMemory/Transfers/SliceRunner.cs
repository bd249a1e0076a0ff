using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Moves the bytes of a request for at most about 100 µs: by plain copies where the peer's memory is mapped, else by the kernel's.</summary>
internal static class SliceRunner
{
    // Pieces of a mapped range; small enough that the clock is looked at often.
    private const ulong PieceBytesMax = 256 << 10;

    /// <summary>Runs one slice.</summary>
    /// <returns>Success when all bytes are moved, InProgress when more are left, else why it failed.</returns>
    internal static NixlStatus Run(ShmRequest request, out BackendFault fault)
    {
        if (request.Connection is not { } connection)
        {
            return Move(request, null, out fault);
        }

        var phase = connection.BeginSlice();
        try
        {
            // After the slice was counted: a peer that closes or deregisters either waits for this slice or is seen here.
            return connection.IsAlive() ? Move(request, connection, out fault) : connection.Failure(out fault);
        }
        finally
        {
            connection.EndSlice(phase);
        }
    }

    /// <summary>Whether what the request needs is decided: mapped, or known not to be mapped.</summary>
    internal static bool IsDecided(ShmRequest request)
    {
        foreach (var remote in request.Remotes)
        {
            if (remote.IsUndecided)
            {
                return false;
            }
        }

        return true;
    }

    private static NixlStatus Move(ShmRequest request, ShmConnection? connection, out BackendFault fault)
    {
        fault = default;
        var clock = new SliceClock(SliceClock.SliceTicks);
        var segments = request.Segments;
        ShmRemoteMemory? remote = null;
        var isMapped = false;
        var shift = 0ul;
        while (request.Segment < segments.Length)
        {
            ref readonly var segment = ref segments[request.Segment];
            if (request.Remotes[segment.RemoteMemory] != remote)
            {
                remote = request.Remotes[segment.RemoteMemory];
                if (connection is not null && !connection.IsInForce(remote.Data))
                {
                    return Deregistered(request, connection, out fault);
                }

                isMapped = remote.TryGetShift(out shift);
                if (request.IsWrite && (remote.Data.IsReadOnly || (isMapped && remote.Object is { IsReadOnly: true })))
                {
                    return ReadOnly(request, connection!, out fault);
                }
            }

            if (!isMapped)
            {
                var status = KernelCopy.Run(request, connection!, ref clock, out fault);
                if (status != NixlStatus.Success)
                {
                    return status;
                }

                continue; // it stops at the first segment of another memory
            }

            if (CopyPiece(request, segment, shift, ref clock))
            {
                return request.Segment < segments.Length ? NixlStatus.InProgress : NixlStatus.Success;
            }
        }

        return NixlStatus.Success;
    }

    /// <summary>Copies one piece of a segment; true when the slice is over.</summary>
    private static bool CopyPiece(ShmRequest request, in TransferSegment segment, ulong shift, ref SliceClock clock)
    {
        var length = Math.Min(segment.Length - request.Offset, PieceBytesMax);
        var here = segment.LocalAddress + request.Offset;
        var there = unchecked(segment.RemoteAddress + shift) + request.Offset;
        if (request.IsWrite)
        {
            MappedCopy.Copy(here, there, length);
        }
        else
        {
            MappedCopy.Copy(there, here, length);
        }

        request.BytesDone += (long)length;
        request.Offset += length;
        if (request.Offset == segment.Length)
        {
            request.Segment++;
            request.Offset = 0;
        }

        return clock.IsOverAfter(length);
    }

    private static NixlStatus Deregistered(ShmRequest request, ShmConnection connection, out BackendFault fault)
    {
        fault = new BackendFault(
            0, request.Segment, $"{connection.Agent} has deregistered the memory.", "Load the peer's metadata anew and make the transfer again.");
        return NixlStatus.NotAllowed;
    }

    private static NixlStatus ReadOnly(ShmRequest request, ShmConnection connection, out BackendFault fault)
    {
        fault = new BackendFault(0, request.Segment, $"{connection.Agent} lets peers only read this memory.", "Write to memory that it exposes for writing.");
        return NixlStatus.NotAllowed;
    }
}
