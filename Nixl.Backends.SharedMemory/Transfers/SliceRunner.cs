using Nixl.Backends.SharedMemory.Connections;

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

        if (!connection.TryBeginSlice(out var phase))
        {
            return connection.Failure(out fault);
        }

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
        var clock = new SliceClock(SliceClock.SliceTicks);
        var segments = request.Segments;
        while (request.Segment < segments.Length)
        {
            // Once per memory: segments of one memory usually stand together.
            var memory = segments[request.Segment].RemoteMemory;
            var remote = request.Remotes[memory];
            if (connection is not null && !connection.IsInForce(remote.Data))
            {
                return Deregistered(request, connection, out fault);
            }

            var isMapped = remote.TryGetShift(out var shift);
            if (request.IsWrite && (remote.Data.IsReadOnly || (isMapped && remote.Object is { IsReadOnly: true })))
            {
                return ReadOnly(request, connection!, out fault);
            }

            if (isMapped)
            {
                if (CopySegments(request, segments, memory, shift, ref clock) && request.Segment < segments.Length)
                {
                    fault = default;
                    return NixlStatus.InProgress;
                }

                continue;
            }

            var status = KernelCopy.Run(request, connection!, ref clock, out fault);
            if (status != NixlStatus.Success)
            {
                return status;
            }
        }

        fault = default;
        return NixlStatus.Success;
    }

    /// <summary>Copies segments of one mapped memory from the request's place on; true when the slice is over.</summary>
    private static bool CopySegments(ShmRequest request, ReadOnlySpan<TransferSegment> segments, int memory, ulong shift, ref SliceClock clock)
    {
        // Kept here and not in the request: a block of 4 KiB takes 40 ns.
        var (place, offset, done, isOver) = (request.Segment, request.Offset, 0ul, false);
        var isWrite = request.IsWrite;
        while (!isOver && place < segments.Length)
        {
            ref readonly var segment = ref segments[place];
            if (segment.RemoteMemory != memory)
            {
                break;
            }

            var length = Math.Min(segment.Length - offset, PieceBytesMax);
            var here = segment.LocalAddress + offset;
            var there = unchecked(segment.RemoteAddress + shift) + offset;
            MappedCopy.Copy(isWrite ? here : there, isWrite ? there : here, length);
            done += length;
            offset += length;
            if (offset == segment.Length)
            {
                place++;
                offset = 0;
            }

            isOver = clock.IsOverAfter(length);
        }

        request.Segment = place;
        request.Offset = offset;
        request.BytesDone += (long)done;
        return isOver;
    }

    /// <summary>The answer when the peer no longer exposes the memory.</summary>
    internal static NixlStatus Deregistered(ShmRequest request, ShmConnection connection, out BackendFault fault)
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
