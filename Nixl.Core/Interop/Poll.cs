using System.Runtime.InteropServices;

namespace Nixl.Interop;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    /// <summary>The descriptor to watch.</summary>
    public int Descriptor;

    /// <summary>What to watch for.</summary>
    public short Events;

    /// <summary>What happened.</summary>
    public short Returned;
}

/// <summary><c>struct timespec</c> of a 64-bit system.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    /// <summary>Whole seconds.</summary>
    public long Seconds;

    /// <summary>Nanoseconds below one second.</summary>
    public long Nanoseconds;
}

/// <summary>The calls of <c>poll.h</c>.</summary>
internal static unsafe partial class Poll
{
    /// <summary><c>POLLIN</c>.</summary>
    internal const short In = 1;

    [LibraryImport("libc")]
    internal static partial int ppoll(PollFd* descriptors, nuint count, TimeSpec* timeout, void* signalMask);
}
