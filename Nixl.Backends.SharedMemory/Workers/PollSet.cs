using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>The descriptors of one wait. A negative one is not waited for.</summary>
internal sealed unsafe class PollSet
{
    private pollfd[] _entries = new pollfd[16];
    private int _count;

    internal void Clear() => _count = 0;

    internal void Add(int descriptor)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * _count);
        }

        _entries[_count++] = new pollfd { fd = descriptor, events = LibcConstants.POLLIN };
    }

    /// <summary>Waits; negative: without limit. A signal ends the wait, too.</summary>
    internal void Wait(int timeoutMs)
    {
        fixed (pollfd* entries = _entries)
        {
            if (Libc.poll(entries, (nuint)_count, timeoutMs) <= 0)
            {
                _entries.AsSpan(0, _count).Clear();
            }
        }
    }

    /// <summary>Whether something has happened to the descriptor at a place.</summary>
    internal bool IsReady(int place) => place < _count && _entries[place].revents != 0;

    /// <summary>The earlier of two times to wait, where negative means never.</summary>
    internal static int Earlier(int left, int right) => left < 0 ? right : right < 0 ? left : Math.Min(left, right);
}
