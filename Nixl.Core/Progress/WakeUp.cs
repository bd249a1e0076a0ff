using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Interop;

namespace Nixl.Progress;

/// <summary>What the progress thread sleeps on: an eventfd together with the engines' descriptors on Linux, a semaphore elsewhere.</summary>
/// <remarks>Signal is called from any thread, also after Dispose; the rest only by the progress thread. The semaphore needs no disposal.</remarks>
internal sealed unsafe class WakeUp : IDisposable
{
    private readonly SafeFileHandle? _event;
    private readonly SemaphoreSlim? _semaphore;

    internal WakeUp()
    {
        if (!OperatingSystem.IsLinux())
        {
            _semaphore = new SemaphoreSlim(0);
            return;
        }

        var descriptor = EventFd.eventfd(0, EventFd.NonBlock | EventFd.CloseOnExec);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new NixlException(NixlStatus.BackendError, "CreateAgent", "no eventfd could be created for the progress thread")
            {
                NativeCode = errno,
                NativeMessage = Marshal.GetPInvokeErrorMessage(errno),
                Hint = "Raise the limit of open files (ulimit -n) or dispose agents that are no longer used.",
            };
        }

        _event = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Ends the current or the next sleep. A reference is taken for the call, because a late completion may signal while the agent is disposed.</summary>
    internal void Signal()
    {
        if (_semaphore is not null)
        {
            _semaphore.Release();
            return;
        }

        var added = false;
        try
        {
            _event!.DangerousAddRef(ref added);
            ulong one = 1;
            _ = EventFd.write((int)_event.DangerousGetHandle(), &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The thread is gone: nobody sleeps any more.
        }
        finally
        {
            if (added)
            {
                _event!.DangerousRelease();
            }
        }
    }

    /// <summary>Sleeps until signalled, one of <paramref name="descriptors"/> is readable, or the time is over; negative: no limit.</summary>
    /// <returns>Whether something ended the sleep before its time.</returns>
    internal bool Sleep(ReadOnlySpan<int> descriptors, long nanoseconds)
    {
        if (_semaphore is not null)
        {
            return _semaphore.Wait(nanoseconds < 0 ? -1 : (int)Math.Min(int.MaxValue, (nanoseconds + 999_999) / 1_000_000));
        }

        var eventFd = (int)_event!.DangerousGetHandle();
        var entries = stackalloc PollFd[descriptors.Length + 1];
        entries[0] = new PollFd { Descriptor = eventFd, Events = Poll.In };
        for (var i = 0; i < descriptors.Length; i++)
        {
            entries[i + 1] = new PollFd { Descriptor = descriptors[i], Events = Poll.In };
        }

        var timeout = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        var ready = Poll.ppoll(entries, (nuint)(descriptors.Length + 1), nanoseconds < 0 ? null : &timeout, null);
        if (ready > 0 && entries[0].Returned != 0)
        {
            ulong count;
            _ = EventFd.read(eventFd, &count, sizeof(ulong));
        }

        return ready > 0;
    }

    public void Dispose() => _event?.Dispose();
}
