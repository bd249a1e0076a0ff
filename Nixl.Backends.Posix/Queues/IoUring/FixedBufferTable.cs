using Microsoft.Extensions.Logging;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Memory;

namespace Nixl.Backends.Posix.Queues.IoUring;

/// <summary>Host memory that is registered with the ring, so that the kernel does not look its pages up for each operation. An optimisation: what the kernel
/// refuses is read and written as ordinary memory.</summary>
/// <remarks>Registered memory is locked, and the limit counts per user, over all his processes and with the rings themselves.</remarks>
internal sealed unsafe class FixedBufferTable
{
    // The kernel's limit for one table (IORING_MAX_REG_BUFFERS) is 16384; an entry costs 8 bytes.
    private const int SlotsMax = 4096;

    private readonly Lock _gate = new();
    private readonly IoUringRing _ring;
    private readonly string _agent;
    private readonly ILogger _logger;
    private readonly bool[] _used = new bool[SlotsMax];
    private bool _isWarned;

    internal FixedBufferTable(IoUringRing ring, bool isWanted, string agent, ILogger logger)
    {
        (_ring, _agent, _logger) = (ring, agent, logger);
        if (isWanted)
        {
            var table = new io_uring_rsrc_register { nr = SlotsMax, flags = IoUringConstants.IORING_RSRC_REGISTER_SPARSE };
            var error = ring.Register(IoUringConstants.IORING_REGISTER_BUFFERS2, &table, sizeof(io_uring_rsrc_register));
            IsOpen = error == 0;
            Warn(error, 0);
        }
    }

    /// <summary>Whether memory is registered.</summary>
    internal bool IsOpen { get; }

    /// <summary>Bytes that are registered.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Registers a range in pieces of at most 1 GiB; null when the kernel does not take it.</summary>
    internal FixedBuffers? Add(MemoryDescriptor range)
    {
        if (!IsOpen || range.Length == 0)
        {
            return null;
        }

        var slots = (int)Math.Min((range.Length - 1) / (ulong)FixedBuffers.BytesMax + 1, int.MaxValue);
        lock (_gate)
        {
            var first = FindFree(slots);
            if (first < 0)
            {
                return null;
            }

            for (var i = 0; i < slots; i++)
            {
                var start = (ulong)i * (ulong)FixedBuffers.BytesMax;
                var error = Update(first + i, range.Address + start, Math.Min(range.Length - start, (ulong)FixedBuffers.BytesMax));
                if (error != 0)
                {
                    Free(first, i);
                    Warn(error, range.Length);
                    return null;
                }

                _used[first + i] = true;
            }

            Bytes += (long)range.Length;
            return new FixedBuffers(range.Address, first, slots);
        }
    }

    /// <summary>Gives a range back. No operation uses it.</summary>
    internal void Remove(FixedBuffers buffers, long bytes)
    {
        lock (_gate)
        {
            Free(buffers.FirstSlot, buffers.Slots);
            Bytes -= bytes;
        }
    }

    private void Free(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            Update(i, 0, 0);
            _used[i] = false;
        }
    }

    private int Update(int slot, ulong address, ulong length)
    {
        var vector = new iovec { iov_base = (void*)address, iov_len = (nuint)length };
        var update = new io_uring_rsrc_update2 { offset = (uint)slot, data = (ulong)&vector, nr = 1 };
        return _ring.Register(IoUringConstants.IORING_REGISTER_BUFFERS_UPDATE, &update, sizeof(io_uring_rsrc_update2));
    }

    private int FindFree(int count)
    {
        for (int first = 0, run = 0; first < SlotsMax; first++)
        {
            run = _used[first] ? 0 : run + 1;
            if (run == count)
            {
                return first - count + 1;
            }
        }

        return -1;
    }

    /// <summary>Says once that something is ordinary memory, and why.</summary>
    private void Warn(int error, ulong bytes)
    {
        if (error != 0 && !_isWarned)
        {
            _isWarned = true;
            _logger.BuffersRefused(_agent, bytes, error, PosixStatus.Text(error), Hint(error));
        }
    }

    private static string Hint(int error) => error switch
    {
        Errno.ENOMEM => "Raise ulimit -l (LimitMEMLOCK), which counts for all processes of the user, or leave register_buffers out.",
        Errno.EFAULT => "Memory that is not mapped, or not writable, is not registered.",
        _ => "Leave register_buffers out.",
    };
}
