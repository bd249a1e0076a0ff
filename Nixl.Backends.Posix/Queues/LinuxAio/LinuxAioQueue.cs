using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Queues.LinuxAio;

/// <summary>Operations over one context of Linux AIO.</summary>
/// <remarks>The kernel does direct I/O in the background; for a file that goes through the page cache <c>io_submit</c> does the work itself, so that such
/// operations are submitted by a thread of the queue: a post must not wait for a disk.</remarks>
internal sealed unsafe class LinuxAioQueue : KernelQueue
{
    private readonly AioContextHandle _context;
    private readonly int _eventDescriptor;
    private readonly iocb* _blocks;
    private readonly iocb** _placed;
    private readonly io_event* _events;
    private readonly int[] _free;
    private readonly AioSubmitter _submitter;
    private int _freeCount;
    private int _placedCount;

    private LinuxAioQueue(AioContextHandle context, int depth, int eventDescriptor)
        : base(depth)
    {
        _submitter = new AioSubmitter(context, depth, Refused); // first: what can fail
        _context = context;
        _eventDescriptor = eventDescriptor;
        _blocks = (iocb*)NativeMemory.AllocZeroed((nuint)depth, (nuint)sizeof(iocb));
        _placed = (iocb**)NativeMemory.Alloc((nuint)depth, (nuint)sizeof(iocb*));
        _events = (io_event*)NativeMemory.Alloc((nuint)depth, (nuint)sizeof(io_event));
        _free = [.. Enumerable.Range(0, depth)];
        _freeCount = depth;
    }

    /// <inheritdoc/>
    public override string Name => $"Linux AIO ({Depth} in flight)";

    private protected override bool HasUnsubmitted => _placedCount > 0;

    /// <summary>Opens a context; null with the error number.</summary>
    /// <param name="depth">Operations in flight at most.</param>
    /// <param name="eventDescriptor">The descriptor to signal when something ends, or -1.</param>
    /// <param name="error">The error number, or 0.</param>
    internal static LinuxAioQueue? Open(int depth, int eventDescriptor, out int error)
    {
        var context = AioContextHandle.Create(depth, out error);
        try
        {
            return context is null ? null : new LinuxAioQueue(context, depth, eventDescriptor);
        }
        catch (Exception shortage) when (shortage is OutOfMemoryException or ThreadStartException)
        {
            context?.Dispose();
            error = Errno.ENOMEM;
            return null;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _submitter.Dispose();
        _context.Dispose();
        NativeMemory.Free(_blocks);
        NativeMemory.Free(_placed);
        NativeMemory.Free(_events);
    }

    /// <inheritdoc/>
    /// <remarks>There are as many control blocks as operations in flight at most.</remarks>
    private protected override bool HasRoom() => true;

    /// <inheritdoc/>
    private protected override void Place(IoOperation* operation)
    {
        operation->Slot = _free[--_freeCount];
        var block = _blocks + operation->Slot;
        *block = new iocb
        {
            aio_data = (ulong)operation,
            aio_lio_opcode = operation->Kind == OperationKind.Read ? iocb.IOCB_CMD_PREAD : iocb.IOCB_CMD_PWRITE,
            aio_fildes = (uint)operation->Descriptor,
            aio_buf = (ulong)(operation->Address + operation->Done),
            aio_nbytes = (ulong)(operation->Length - operation->Done),
            aio_offset = operation->Offset + operation->Done,
            aio_flags = _eventDescriptor >= 0 ? iocb.IOCB_FLAG_RESFD : 0,
            aio_resfd = _eventDescriptor >= 0 ? (uint)_eventDescriptor : 0,
        };
        if (operation->IsDirect)
        {
            _placed[_placedCount++] = block;
        }
        else
        {
            _submitter.Add(block);
        }
    }

    /// <inheritdoc/>
    private protected override void Submit()
    {
        _submitter.Wake();
        var first = 0;
        while (first < _placedCount)
        {
            Submissions++;
            var taken = (int)AioAbi.io_submit(Syscalls.io_submit, _context.Context, _placedCount - first, _placed + first);
            var error = taken < 0 ? Marshal.GetLastPInvokeError() : Errno.EAGAIN;
            if (taken > 0)
            {
                first += taken;
            }
            else if (error == Errno.EAGAIN)
            {
                break; // the context or the device has no room for the moment: the next call of Progress tries again
            }
            else if (error != Errno.EINTR)
            {
                TakeRefusal(_placed[first++], error); // the first one is what the kernel does not take
            }
        }

        _placedCount -= first;
        for (var i = 0; i < _placedCount; i++)
        {
            _placed[i] = _placed[first + i];
        }
    }

    /// <inheritdoc/>
    private protected override int Reap()
    {
        if (!HasCompletions())
        {
            return 0;
        }

        var count = (int)AioAbi.io_getevents(Syscalls.io_getevents, _context.Context, 0, Depth, _events, null);
        for (var i = 0; i < count; i++)
        {
            var operation = (IoOperation*)_events[i].data;
            _free[_freeCount++] = operation->Slot;
            Returned(operation, _events[i].res);
        }

        return count;
    }

    /// <inheritdoc/>
    private protected override bool HasCompletions()
    {
        if (InFlight == 0)
        {
            return false;
        }

        // Looking costs nothing; a ring of a kind that is not known is asked by a call.
        var ring = (aio_ring*)_context.Context;
        return ring->magic != aio_ring.AIO_RING_MAGIC || Volatile.Read(ref ring->tail) != Volatile.Read(ref ring->head);
    }

    /// <inheritdoc/>
    /// <remarks>Hardly any file can take an operation back; then the kernel answers EINVAL or EAGAIN, and the operation ends by itself.</remarks>
    private protected override bool TryCancelOne(IoOperation* operation)
    {
        io_event result;
        _ = AioAbi.io_cancel(Syscalls.io_cancel, _context.Context, _blocks + operation->Slot, &result);
        return true;
    }

    /// <summary>For the submitting thread: the kernel does not take an operation. No event of the kernel's tells of the room that this makes.</summary>
    private void Refused(nint block, int error)
    {
        if (UnderGate(() => TakeRefusal((iocb*)block, error)) && _eventDescriptor >= 0)
        {
            var one = 1UL;
            _ = Libc.write(_eventDescriptor, &one, sizeof(ulong));
        }
    }

    private void TakeRefusal(iocb* block, int error)
    {
        var operation = (IoOperation*)block->aio_data;
        _free[_freeCount++] = operation->Slot;
        Returned(operation, -error);
    }
}
