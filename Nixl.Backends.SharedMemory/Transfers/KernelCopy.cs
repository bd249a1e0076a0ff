using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Has the kernel copy between this process and a peer: <c>process_vm_readv</c> and <c>process_vm_writev</c>, many pieces a call.</summary>
internal static unsafe class KernelCopy
{
    // A call cannot be interrupted, and the kernel takes 0.6 to 1.2 µs for a scattered piece of 4 KiB: about a slice.
    private const int PiecesMax = 96;

    // At the 8 to 16 GB/s of one core 30 to 60 µs.
    private const ulong BytesMax = 512 << 10;

    /// <summary>Moves the segments from the request's place on, as long as they are of the same memory and the slice lasts.</summary>
    /// <returns>Success at a segment of another memory or at the end, InProgress when the slice is over, else why it failed.</returns>
    [SkipLocalsInit]
    internal static NixlStatus Run(ShmRequest request, ShmConnection connection, ref SliceClock clock, out BackendFault fault)
    {
        if (connection.Copying != CopyPermission.Granted)
        {
            return Refused(request, connection, out fault);
        }

        fault = default;
        clock.Start();
        var local = stackalloc iovec[PiecesMax];
        var remote = stackalloc iovec[PiecesMax];
        var memory = request.Segments[request.Segment].RemoteMemory;
        while (request.Segment < request.Segments.Length && request.Segments[request.Segment].RemoteMemory == memory)
        {
            // Before each call, not only each slice: a call takes as long as a slice does, and the peer may have let go of the memory, or ended, in the one before.
            if (!connection.IsAlive())
            {
                return connection.Failure(out fault);
            }

            if (!connection.IsInForce(request.Remotes[memory].Data))
            {
                return SliceRunner.Deregistered(request, connection, out fault);
            }

            var count = Gather(request, memory, local, remote, out var wanted);
            var moved = count == 0 ? 0 : Call(request.IsWrite, connection.Process.Id, local, remote, count);
            if (moved < 0)
            {
                return Failed(request, connection, Marshal.GetLastPInvokeError(), out fault);
            }

            // A short count is no failure: the next call begins where it ended, inside a piece perhaps, and says why.
            Advance(request, (ulong)moved);
            if (wanted > 0 && clock.IsOver())
            {
                return request.Segment < request.Segments.Length ? NixlStatus.InProgress : NixlStatus.Success;
            }
        }

        return NixlStatus.Success;
    }

    private static nint Call(bool isWrite, int process, iovec* local, iovec* remote, int count)
    {
        while (true)
        {
            var moved = isWrite
                ? Libc.process_vm_writev(process, local, (ulong)count, remote, (ulong)count, 0)
                : Libc.process_vm_readv(process, local, (ulong)count, remote, (ulong)count, 0);
            if (moved >= 0 || Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                return moved;
            }
        }
    }

    private static int Gather(ShmRequest request, int memory, iovec* local, iovec* remote, out ulong bytes)
    {
        var segments = request.Segments;
        var count = 0;
        bytes = 0;
        var offset = request.Offset;
        for (var i = request.Segment; i < segments.Length && count < PiecesMax && bytes < BytesMax && segments[i].RemoteMemory == memory; i++)
        {
            ref readonly var segment = ref segments[i];
            var length = Math.Min(segment.Length - offset, BytesMax - bytes);
            if (length > 0)
            {
                local[count] = new iovec { iov_base = (void*)(segment.LocalAddress + offset), iov_len = (nuint)length };
                remote[count++] = new iovec { iov_base = (void*)(segment.RemoteAddress + offset), iov_len = (nuint)length };
                bytes += length;
            }

            offset = 0;
        }

        return count;
    }

    /// <summary>Moves the request's place on, and past empty segments.</summary>
    private static void Advance(ShmRequest request, ulong moved)
    {
        var segments = request.Segments;
        request.BytesDone += (long)moved;
        while (request.Segment < segments.Length)
        {
            var left = segments[request.Segment].Length - request.Offset;
            if (moved < left)
            {
                request.Offset += moved;
                return;
            }

            moved -= left;
            request.Segment++;
            request.Offset = 0;
            if (moved == 0 && request.Segment < segments.Length && segments[request.Segment].Length > 0)
            {
                return;
            }
        }
    }

    private static NixlStatus Failed(ShmRequest request, ShmConnection connection, int errno, out BackendFault fault)
    {
        switch (errno)
        {
            case Errno.ESRCH:
                connection.LoseAsGone();
                return connection.Failure(out fault);
            case Errno.EFAULT:
                fault = new BackendFault(
                    errno, request.Segment, $"Memory of {connection.Agent}, or of this process, is not mapped or must not be {(request.IsWrite ? "written" : "read")}.",
                    "Memory must stay mapped as long as it is registered.");
                return NixlStatus.BackendError;
            case Errno.EPERM or Errno.ENOSYS:
                connection.CopyErrno = errno;
                connection.Copying = CopyPermission.Refused;
                return Refused(request, connection, out fault);
            default:
                fault = new BackendFault(errno, request.Segment, $"The kernel does not copy to or from {connection.Agent}.");
                return NixlStatus.BackendError;
        }
    }

    private static NixlStatus Refused(ShmRequest request, ShmConnection connection, out BackendFault fault)
    {
        fault = new BackendFault(connection.CopyErrno, request.Segment, CopyRefusal.Describe(connection), CopyRefusal.Hint);
        return NixlStatus.NotSupported;
    }
}
