using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>One descriptor that is readable while any of several is, with a signal of its own among them.</summary>
internal sealed unsafe class EventSet : IDisposable
{
    private readonly SafeFileHandle _set;
    private readonly SafeFileHandle _signal;
    private int _signaled;

    internal EventSet()
    {
        _set = Owned(Libc.epoll_create1(Libc.CLOEXEC));
        _signal = Owned(Libc.eventfd(0, Libc.CLOEXEC | Libc.NONBLOCK));
        Add((int)_signal.DangerousGetHandle());
    }

    /// <summary>The descriptor of the set.</summary>
    internal int Descriptor => (int)_set.DangerousGetHandle();

    /// <summary>Adds a descriptor, which must stay open until it or the set is closed.</summary>
    internal void Add(int descriptor)
    {
        // struct epoll_event is packed on some architectures only; the events come first on all.
        var wanted = stackalloc uint[4] { Libc.EPOLLIN, 0, 0, 0 };
        if (Libc.epoll_ctl(Descriptor, Libc.EPOLL_CTL_ADD, descriptor, wanted) != 0)
        {
            throw new InvalidOperationException($"epoll_ctl failed with {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>Makes the set readable until <see cref="Clear"/>. Any thread.</summary>
    internal void Signal()
    {
        if (Interlocked.Exchange(ref _signaled, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write((int)_signal.DangerousGetHandle(), &one, sizeof(ulong));
        }
    }

    /// <summary>Takes the own signal back; costs nothing when there is none.</summary>
    internal void Clear()
    {
        if (Volatile.Read(ref _signaled) != 0)
        {
            ulong count;
            _ = Libc.read((int)_signal.DangerousGetHandle(), &count, sizeof(ulong));
            Volatile.Write(ref _signaled, 0);
        }
    }

    /// <summary>Closes both.</summary>
    public void Dispose()
    {
        _set.Dispose();
        _signal.Dispose();
    }

    private static SafeFileHandle Owned(int descriptor)
        => descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
}
