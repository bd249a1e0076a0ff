using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Handles;

/// <summary>An eventfd: this engine's own, or a peer's that it was sent.</summary>
/// <remarks>Whoever has the descriptor can make it block for everybody who has it. So it is asked before each use; between the two only somebody who means harm
/// can change that.</remarks>
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
            var flags = Libc.fcntl(lease.Descriptor, LibcConstants.F_GETFL, 0);
            if (flags >= 0 && (flags & LibcConstants.O_NONBLOCK) != 0 && IsEvent(lease.Descriptor))
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
            if (Allows(lease.Descriptor, LibcConstants.POLLOUT))
            {
                _ = Libc.write(lease.Descriptor, &one, sizeof(ulong));
            }
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
        if (Allows(Descriptor, LibcConstants.POLLIN))
        {
            _ = Libc.read(Descriptor, &count, sizeof(ulong));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static bool Allows(int descriptor, short what)
    {
        var entry = new pollfd { fd = descriptor, events = what };
        return Libc.poll(&entry, 1, 0) == 1 && (entry.revents & what) != 0;
    }

    private static bool IsEvent(int descriptor)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/self/fd/{descriptor}", returnFinalTarget: false) is { } link && Path.GetFileName(link.FullName) == EventLink;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false; // no /proc, or a name that cannot be read: not known to be an event
        }
    }
}
