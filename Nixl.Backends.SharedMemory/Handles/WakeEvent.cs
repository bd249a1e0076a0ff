using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Handles;

/// <summary>An eventfd: this engine's own, or a peer's that it was sent.</summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    private const string EventLink = "anon_inode:[eventfd]";

    private WakeEvent(SafeFileHandle handle) => Handle = handle;

    internal SafeFileHandle Handle { get; }

    /// <summary>The number of the descriptor, for waiting on it; valid until it is disposed.</summary>
    internal int Descriptor => (int)Handle.DangerousGetHandle();

    /// <summary>Creates one; null with errno when there is no descriptor left.</summary>
    internal static WakeEvent? Create(out int errno)
    {
        var descriptor = Libc.eventfd(0, LibcConstants.EFD_NONBLOCK | LibcConstants.EFD_CLOEXEC);
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor < 0 ? null : new WakeEvent(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <summary>Takes over what a peer sent, if it is an eventfd that never blocks: a write to anything else could hang, or change a file.</summary>
    internal static WakeEvent? Accept(SafeFileHandle handle)
    {
        using (var lease = new Lease(handle))
        {
            var link = File.ResolveLinkTarget($"/proc/self/fd/{lease.Descriptor}", returnFinalTarget: false);
            var flags = Libc.fcntl(lease.Descriptor, LibcConstants.F_GETFL, 0);
            if (link is not null && Path.GetFileName(link.FullName) == EventLink && flags >= 0 && (flags & LibcConstants.O_NONBLOCK) != 0)
            {
                return new WakeEvent(handle);
            }
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Makes the descriptor readable. Callable from any thread, also after the end.</summary>
    internal void Signal()
    {
        try
        {
            using var lease = new Lease(Handle);
            ulong one = 1;
            _ = Libc.write(lease.Descriptor, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>Makes the descriptor unreadable until the next signal.</summary>
    internal void Drain()
    {
        ulong count;
        _ = Libc.read(Descriptor, &count, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
