using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Queues.IoUring;
using Nixl.Backends.Posix.Queues.ThreadPool;

namespace Nixl.Backends.Posix.Queues;

/// <summary>The queues of an engine and the choice between them.</summary>
/// <param name="kernel">io_uring or Linux AIO; null when only threads serve.</param>
/// <param name="blocking">The threads; always there, for what can only be done by a call that blocks.</param>
/// <param name="isNamed">Whether the user named the queue, which then serves everything.</param>
internal sealed class QueueSet(KernelQueue? kernel, ThreadPoolQueue blocking, bool isNamed) : IDisposable
{
    /// <summary>io_uring or Linux AIO; null when only threads serve.</summary>
    internal KernelQueue? Kernel { get; } = kernel;

    /// <summary>The threads.</summary>
    internal ThreadPoolQueue Blocking { get; } = blocking;

    /// <summary>The table of buffers registered with io_uring, or null.</summary>
    internal FixedBufferTable? Buffers => (Kernel as IoUringQueue)?.Buffers;

    /// <summary>What serves what, in words.</summary>
    internal string Describe() => Kernel is null ? Blocking.Name
        : isNamed ? Kernel.Name
        : $"{Kernel.Name} for direct I/O, {Blocking.Name} through the page cache";

    /// <summary>The queue that serves a file best: where the user named none, the kernel's for direct I/O, threads for what goes through the page cache, which is
    /// copying, and which io_uring does in the caller or in threads of the kernel's (docs/performance.md, "POSIX").</summary>
    internal IIoQueue Choose(PosixFile file) => Kernel is not null && (isNamed || file.Facts.IsDirect) ? Kernel : Blocking;

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel?.Dispose();
        Blocking.Dispose();
    }
}
