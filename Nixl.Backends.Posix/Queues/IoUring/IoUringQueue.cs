using Microsoft.Extensions.Logging;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Queues.IoUring;

/// <summary>Operations over one io_uring, which any thread fills and any thread empties, one at a time.</summary>
/// <remarks>Set up without COOP_TASKRUN, SINGLE_ISSUER and DEFER_TASKRUN: see docs/decisions/0015.</remarks>
internal sealed unsafe class IoUringQueue : KernelQueue
{
    private readonly IoUringRing _ring;
    private readonly FixedBufferTable _buffers;

    private IoUringQueue(IoUringRing ring, int depth, FixedBufferTable buffers)
        : base(depth)
    {
        _ring = ring;
        _buffers = buffers;
    }

    /// <inheritdoc/>
    public override string Name => $"io_uring ({Depth} in flight)";

    /// <summary>The table of registered buffers.</summary>
    internal FixedBufferTable Buffers => _buffers;

    private protected override bool HasUnsubmitted => _ring.Unsubmitted > 0;

    /// <summary>Opens a ring; null with the error number and the call that failed.</summary>
    /// <param name="depth">Operations in flight at most.</param>
    /// <param name="eventDescriptor">The descriptor to signal when something ends, or -1.</param>
    /// <param name="fixesBuffers">Whether host memory is registered with the ring.</param>
    /// <param name="agent">For the log.</param>
    /// <param name="logger">Where a refused registration is reported.</param>
    /// <param name="error">The error number, or 0.</param>
    /// <param name="call">The call that failed.</param>
    internal static IoUringQueue? Open(int depth, int eventDescriptor, bool fixesBuffers, string agent, ILogger logger, out int error, out string call)
    {
        var ring = IoUringRing.Create(depth, out error, out call);
        if (ring is null)
        {
            return null;
        }

        if (eventDescriptor >= 0 && (error = ring.Register(IoUringConstants.IORING_REGISTER_EVENTFD, &eventDescriptor, 1)) != 0)
        {
            call = "io_uring_register";
            ring.Dispose();
            return null;
        }

        // Each operation may bring a second result, that of its cancellation.
        var bounded = Math.Min(depth, Math.Min(ring.SubmissionEntries, ring.CompletionEntries / 2));
        return new IoUringQueue(ring, bounded, new FixedBufferTable(ring, fixesBuffers, agent, logger));
    }

    /// <inheritdoc/>
    public override void Dispose() => _ring.Dispose();

    /// <inheritdoc/>
    private protected override bool HasRoom()
    {
        if (_ring.IsFull)
        {
            Submit();
        }

        return !_ring.IsFull;
    }

    /// <inheritdoc/>
    private protected override void Place(IoOperation* operation)
    {
        var entry = _ring.NextEntry();
        var isFixed = operation->Buffer >= 0;
        *entry = new io_uring_sqe
        {
            opcode = operation->Kind == OperationKind.Read
                ? isFixed ? IoUringConstants.IORING_OP_READ_FIXED : IoUringConstants.IORING_OP_READ
                : isFixed ? IoUringConstants.IORING_OP_WRITE_FIXED : IoUringConstants.IORING_OP_WRITE,
            fd = operation->Descriptor,
            off = (ulong)(operation->Offset + operation->Done),
            addr = (ulong)(operation->Address + operation->Done),
            len = (uint)(operation->Length - operation->Done),
            user_data = (ulong)operation,
            buf_index = isFixed ? (ushort)operation->Buffer : (ushort)0,
        };
    }

    /// <inheritdoc/>
    private protected override bool TryCancelOne(IoOperation* operation)
    {
        if (!HasRoom())
        {
            return false;
        }

        // No user data: the result of the cancellation is of no interest, only the operation's own.
        *_ring.NextEntry() = new io_uring_sqe { opcode = IoUringConstants.IORING_OP_ASYNC_CANCEL, fd = -1, addr = (ulong)operation };
        return true;
    }

    /// <inheritdoc/>
    private protected override void Submit()
    {
        while (_ring.Unsubmitted > 0)
        {
            Submissions++;
            var taken = _ring.Enter(out var error);
            if (taken > 0 || error == Errno.EINTR)
            {
                continue;
            }

            if (taken < 0 && error is not (Errno.EAGAIN or Errno.EBUSY))
            {
                GiveBack(error);
            }

            return; // short of memory for the moment: the next call of Progress tries again
        }
    }

    /// <inheritdoc/>
    private protected override int Reap()
    {
        var events = 0;
        while (_ring.TryTake(out var completion))
        {
            events++;
            if (completion.user_data != 0)
            {
                Returned((IoOperation*)completion.user_data, completion.res);
            }
        }

        return events;
    }

    /// <inheritdoc/>
    private protected override bool HasCompletions() => _ring.HasCompletions;

    /// <summary>Ends what the kernel refuses to take at all, with its reason.</summary>
    private void GiveBack(int error)
    {
        for (var entry = _ring.TakeBack(); entry is not null; entry = _ring.TakeBack())
        {
            if (entry->user_data != 0)
            {
                Returned((IoOperation*)entry->user_data, -error);
            }
        }
    }
}
