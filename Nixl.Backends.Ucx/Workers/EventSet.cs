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

    private EventSet(SafeFileHandle set, SafeFileHandle signal) => (_set, _signal) = (set, signal);

    /// <summary>The descriptor of the set.</summary>
    internal int Descriptor => (int)_set.DangerousGetHandle();

    /// <summary>A set without others; null where the process may have no more descriptors.</summary>
    internal static EventSet? TryCreate()
    {
        var created = new EventSet(
            new SafeFileHandle(Libc.epoll_create1(Libc.CLOEXEC), ownsHandle: true), new SafeFileHandle(Libc.eventfd(0, Libc.CLOEXEC | Libc.NONBLOCK), ownsHandle: true));
        if (!created._set.IsInvalid && !created._signal.IsInvalid && created.TryAdd((int)created._signal.DangerousGetHandle()))
        {
            return created;
        }

        created.Dispose();
        return null;
    }

    /// <summary>Adds a descriptor, which leaves when it is closed; true also when it is there already.</summary>
    internal bool TryAdd(int descriptor)
    {
        // struct epoll_event is packed on some architectures only; the events come first on all.
        var wanted = stackalloc uint[4] { Libc.EPOLLIN, 0, 0, 0 };
        return Libc.epoll_ctl(Descriptor, Libc.EPOLL_CTL_ADD, descriptor, wanted) == 0 || Marshal.GetLastPInvokeError() == Libc.EEXIST;
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
}
