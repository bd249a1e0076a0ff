using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Queues;

/// <summary>One read or write with everything that issuing and continuing it needs.</summary>
/// <remarks>Lives in native memory; its address is what the kernel hands back with the result. Guarded by the queue that has the batch.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoOperation
{
    /// <summary>A GCHandle of the <see cref="IoBatch"/>.</summary>
    internal nint Batch;

    /// <summary>The next operation in the queue's list of those to be issued again.</summary>
    internal IoOperation* Next;

    internal byte* Address;
    internal long Offset;
    internal int Length;

    /// <summary>Bytes moved so far in this post: a short read or write is continued from here.</summary>
    internal int Done;

    internal int Descriptor;

    /// <summary>Index into the request's files.</summary>
    internal int File;

    /// <summary>Index into the caller's segments.</summary>
    internal int Segment;

    /// <summary>The registered buffer that holds the memory, or -1.</summary>
    internal int Buffer;

    internal OperationKind Kind;

    /// <summary>What a kernel queue keeps with an operation that it has issued: the index of its control block.</summary>
    internal int Slot;

    /// <summary>Whether the kernel or a thread has it.</summary>
    internal bool InFlight;

    /// <summary>Whether the page cache is bypassed.</summary>
    internal bool IsDirect;
}
