using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Queues.IoUring;

/// <summary>The mapped rings of one io_uring. Owns the descriptor and the mappings; not thread-safe.</summary>
/// <remarks>
/// Order between this side and the kernel, which may run on another processor:
/// <list type="bullet">
/// <item>An entry is written before the submission tail is stored with release: who reads the tail sees the entry.</item>
/// <item>The completion tail is read with acquire before an entry: what the kernel wrote before it moved the tail is seen.</item>
/// <item>An entry is read before the completion head is stored with release: the kernel does not reuse a slot that is still being read.</item>
/// </list>
/// The kernel takes submissions only inside <see cref="Enter"/>, so that the submission head need not be read: what Enter answers is what left the ring.
/// </remarks>
internal sealed unsafe class IoUringRing : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly DescriptorLease _lease;
    private readonly RingMapping _rings;
    private readonly RingMapping? _completions;
    private readonly RingMapping _entries;

    private readonly uint* _submissionTail;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _submissionMask;
    private readonly uint _completionMask;
    private readonly io_uring_sqe* _sqes;
    private readonly io_uring_cqe* _cqes;

    // Our copies: nobody else moves these two.
    private uint _tail;
    private uint _head;

    private IoUringRing(SafeFileHandle handle, in io_uring_params parameters, RingMapping rings, RingMapping? completions, RingMapping entries)
    {
        (_handle, _rings, _completions, _entries) = (handle, rings, completions, entries);
        _lease = new DescriptorLease(handle);
        var submission = rings.Address;
        var completion = (completions ?? rings).Address;
        _submissionTail = (uint*)(submission + parameters.sq_off.tail);
        _submissionMask = *(uint*)(submission + parameters.sq_off.ring_mask);
        _completionHead = (uint*)(completion + parameters.cq_off.head);
        _completionTail = (uint*)(completion + parameters.cq_off.tail);
        _completionMask = *(uint*)(completion + parameters.cq_off.ring_mask);
        _sqes = (io_uring_sqe*)entries.Address;
        _cqes = (io_uring_cqe*)(completion + parameters.cq_off.cqes);
        SubmissionEntries = (int)parameters.sq_entries;
        CompletionEntries = (int)parameters.cq_entries;
        (_tail, _head) = (*_submissionTail, *_completionHead);

        // Entry i is always submitted through slot i.
        var array = (uint*)(submission + parameters.sq_off.array);
        for (var i = 0u; i < parameters.sq_entries; i++)
        {
            array[i] = i;
        }
    }

    /// <summary>Room for submissions.</summary>
    internal int SubmissionEntries { get; }

    /// <summary>Room for results.</summary>
    internal int CompletionEntries { get; }

    /// <summary>Entries written and not yet taken by the kernel.</summary>
    internal int Unsubmitted { get; private set; }

    /// <summary>Whether every slot holds an entry that the kernel has not taken.</summary>
    internal bool IsFull => Unsubmitted == SubmissionEntries;

    /// <summary>Whether results are there.</summary>
    internal bool HasCompletions => _head != Volatile.Read(ref *_completionTail);

    private int Descriptor => _lease.Descriptor;

    /// <summary>Creates a ring and proves with one operation that it works: a seccomp profile may allow one call and refuse the next.</summary>
    /// <param name="entries">Operations in flight at most.</param>
    /// <param name="error">The error number, or 0.</param>
    /// <param name="call">The call that failed.</param>
    internal static IoUringRing? Create(int entries, out int error, out string call)
    {
        var ring = Open(entries, out error, out call);
        if (ring is null)
        {
            return null;
        }

        *ring.NextEntry() = new io_uring_sqe { opcode = IoUringConstants.IORING_OP_NOP };
        call = "io_uring_enter";
        if (ring.Enter(out error) == 1 && ring.TryTake(out _))
        {
            return ring;
        }

        ring.Dispose();
        error = error == 0 ? Errno.EIO : error;
        return null;
    }

    /// <summary>The next entry to write. The ring must not be full: the slot would be that of an entry which the kernel has not seen.</summary>
    internal io_uring_sqe* NextEntry()
    {
        Debug.Assert(!IsFull, "An entry that was not submitted would be lost.");
        Unsubmitted++;
        return _sqes + (_tail++ & _submissionMask);
    }

    /// <summary>Hands the written entries over; how many the kernel took, or -1 with the error number.</summary>
    internal int Enter(out int error)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        var taken = (int)CallEnter(Unsubmitted);
        error = taken < 0 ? Marshal.GetLastPInvokeError() : 0;
        Unsubmitted -= Math.Max(taken, 0);
        return taken;
    }

    /// <summary>Takes back the entry written last among those that the kernel did not take; null when none is left.</summary>
    internal io_uring_sqe* TakeBack()
    {
        if (Unsubmitted == 0)
        {
            return null;
        }

        Unsubmitted--;
        var entry = _sqes + (--_tail & _submissionMask);
        Volatile.Write(ref *_submissionTail, _tail);
        return entry;
    }

    /// <summary>Takes the oldest result; false when there is none.</summary>
    internal bool TryTake(out io_uring_cqe completion)
    {
        if (!HasCompletions)
        {
            completion = default;
            return false;
        }

        completion = _cqes[_head & _completionMask];
        Volatile.Write(ref *_completionHead, ++_head);
        return true;
    }

    /// <summary>Registers something with the ring; 0 or the error number.</summary>
    internal int Register(int operation, void* argument, int count)
        => IoUringCalls.io_uring_register(Syscalls.io_uring_register, Descriptor, operation, argument, count) < 0 ? Marshal.GetLastPInvokeError() : 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        _lease.Dispose();
        _entries.Dispose();
        _completions?.Dispose();
        _rings.Dispose();
        _handle.Dispose();
    }

    private static IoUringRing? Open(int entries, out int error, out string call)
    {
        call = "io_uring_setup";
        var handle = SetUp(entries, IoUringConstants.IORING_SETUP_CLAMP | IoUringConstants.IORING_SETUP_SUBMIT_ALL, out var parameters, out error)
            ?? (error == Errno.EINVAL ? SetUp(entries, IoUringConstants.IORING_SETUP_CLAMP, out parameters, out error) : null);
        if (handle is null)
        {
            return null;
        }

        if ((parameters.features & IoUringConstants.IORING_FEAT_RW_CUR_POS) == 0)
        {
            handle.Dispose();
            error = Errno.ENOSYS; // Linux 5.1 to 5.5: every read and write would be refused, one by one
            return null;
        }

        call = "mmap of the rings";
        using var lease = new DescriptorLease(handle);
        var submissionBytes = (nuint)parameters.sq_off.array + (nuint)parameters.sq_entries * sizeof(uint);
        var completionBytes = (nuint)parameters.cq_off.cqes + (nuint)parameters.cq_entries * (nuint)sizeof(io_uring_cqe);
        var isSingle = (parameters.features & IoUringConstants.IORING_FEAT_SINGLE_MMAP) != 0;
        RingMapping? completions = null;
        var rings = RingMapping.Map(
            lease.Descriptor, isSingle ? nuint.Max(submissionBytes, completionBytes) : submissionBytes, IoUringConstants.IORING_OFF_SQ_RING, out error);
        if (rings is not null && !isSingle)
        {
            completions = RingMapping.Map(lease.Descriptor, completionBytes, IoUringConstants.IORING_OFF_CQ_RING, out error);
        }

        var sqes = error == 0
            ? RingMapping.Map(lease.Descriptor, (nuint)parameters.sq_entries * (nuint)sizeof(io_uring_sqe), IoUringConstants.IORING_OFF_SQES, out error)
            : null;
        if (sqes is not null)
        {
            return new IoUringRing(handle, parameters, rings!, completions, sqes);
        }

        completions?.Dispose();
        rings?.Dispose();
        handle.Dispose();
        return null;
    }

    private static SafeFileHandle? SetUp(int entries, uint flags, out io_uring_params parameters, out int error)
    {
        var asked = new io_uring_params { flags = flags };
        var descriptor = IoUringCalls.io_uring_setup(Syscalls.io_uring_setup, entries, &asked);
        error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        parameters = asked;
        return error == 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    private nint CallEnter(int submit) => IoUringCalls.io_uring_enter(Syscalls.io_uring_enter, Descriptor, submit, 0, 0, null, 0);
}
