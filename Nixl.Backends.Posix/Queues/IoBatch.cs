using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Transfers;

namespace Nixl.Backends.Posix.Queues;

/// <summary>The operations of one transfer that go to one queue. Owns their native memory.</summary>
/// <remarks>
/// <code>
/// (idle) --Begin, Start--> listed: operations left to issue --the last is issued, or the post is stopped--> unlisted
///    ^--- nothing left to issue and nothing outstanding: PosixRequest.BatchEnded, called without the queue's gate -------'
/// </code>
/// </remarks>
internal sealed unsafe class IoBatch
{
    private readonly GCHandle _self;

    internal IoBatch(PosixRequest request, IIoQueue queue, int count)
    {
        Request = request;
        Queue = queue;
        Count = count;
        _self = GCHandle.Alloc(this);
        Operations = (IoOperation*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(IoOperation));
    }

    /// <summary>The transfer.</summary>
    internal PosixRequest Request { get; }

    /// <summary>Where the operations go.</summary>
    internal IIoQueue Queue { get; }

    /// <summary>The number of operations.</summary>
    internal int Count { get; }

    internal IoOperation* Operations { get; private set; }

    // Per post. Guarded by the queue's gate.

    /// <summary>Index of the next operation to issue.</summary>
    internal int Next { get; set; }

    /// <summary>Operations that were issued and have not ended.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Index of the first operation whose cancellation has not been asked for yet, once the post is cancelled.</summary>
    internal int Asked { get; set; }

    /// <summary>Whether the queue's list has it.</summary>
    internal bool IsListed { get; set; }

    /// <summary>Whether its end has been noted in this post.</summary>
    internal bool IsReported { get; set; }

    internal IoBatch? Before { get; set; }

    internal IoBatch? After { get; set; }

    /// <summary>Whether nothing is left to do in this post.</summary>
    internal bool IsOver => Next == Count && Outstanding == 0;

    /// <summary>The batch that an operation belongs to.</summary>
    internal static IoBatch Of(IoOperation* operation) => (IoBatch)GCHandle.FromIntPtr(operation->Batch).Target!;

    /// <summary>Fills the operation at <paramref name="index"/>, while the transfer is prepared.</summary>
    internal void Set(int index, IoOperation operation)
    {
        operation.Batch = GCHandle.ToIntPtr(_self);
        Operations[index] = operation;
    }

    /// <summary>Makes every operation new for a post. Nothing is in flight.</summary>
    internal void Begin()
    {
        Next = 0;
        Outstanding = 0;
        IsReported = false;
        for (var i = 0; i < Count; i++)
        {
            Operations[i].Done = 0;
        }
    }

    /// <summary>The bytes that the operations moved. Nothing is in flight.</summary>
    internal long BytesDone()
    {
        var sum = 0L;
        for (var i = 0; i < Count; i++)
        {
            sum += Operations[i].Done;
        }

        return sum;
    }

    /// <summary>Frees the native memory. Once, while nothing is in flight.</summary>
    internal void Free()
    {
        NativeMemory.Free(Operations);
        Operations = null;
        _self.Free();
    }
}
