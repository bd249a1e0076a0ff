using System.Buffers.Text;
using System.Globalization;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>How many descriptors the process may have and has. libucp needs some for each endpoint; where it gets none it says "unreachable" or "input/output error", and
/// 1.13 can trip an assertion (<c>tcp_ep.c</c>), which aborts the process. So an endpoint is refused before that.</summary>
internal static unsafe class DescriptorUse
{
    // What is left to the rest of the process, and to connections that peers open: less where there is little to divide.
    private const int ReservePart = 32;
    private const int ReserveMin = 4;
    private const int ReserveMax = 16;

    // A socket to the peer and one from it, for the connection and while it is set up.
    private const int OfEndpoint = 4;

    // A new worker over TCP and shared memory: sets of events, listening sockets, signals.
    private const int OfWorker = 10;

    // How long ago a shortage may have been that explains a failure: those of the other end of a connection within this process, and of what has been closed since, come first.
    private const int RecentMilliseconds = 1000;

    // Where only one part of these is free, a shortage may have been the reason and be over: a connection that fails gives back what it had, and libucp does not always say.
    private const int SuspectParts = 4;

    private const string StatusFile = "/proc/self/status";
    private const int StatusBytesMax = 4096; // twice what the kernel writes

    // As many as are asked about in one call; no more than the limit, or the kernel refuses.
    private const int PolledAtOnce = 128;

    // Looked through where the kernel does not say: no /proc, or no descriptor to look with.
    private const int UnknownRoom = 1 << 16;

    /// <summary>The most that this process may have (RLIMIT_NOFILE, the soft limit).</summary>
    internal static int Limit
    {
        get
        {
            rlimit limit;
            return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 ? (int)Math.Min(limit.rlim_cur, int.MaxValue) : int.MaxValue;
        }
    }

    /// <summary>The number that the next descriptor gets, which is the lowest free one.</summary>
    internal static int NextFree
    {
        get
        {
            var probe = Libc.eventfd(0, Libc.CLOEXEC);
            if (probe >= 0)
            {
                _ = Libc.close(probe);
            }

            return probe >= 0 ? probe : int.MaxValue;
        }
    }

    /// <summary>One more than the highest number of a descriptor can be: how many the kernel has made room for. 0 where it does not say.</summary>
    /// <remarks>Read in one go: a stream with lines takes several times as long as libucp takes to listen.</remarks>
    internal static int Room
    {
        get
        {
            try
            {
                using var file = File.OpenHandle(StatusFile, share: FileShare.ReadWrite);
                Span<byte> text = stackalloc byte[StatusBytesMax];
                text = text[..RandomAccess.Read(file, text, 0)];
                var at = text.IndexOf(RoomField);
                return at >= 0 && Utf8Parser.TryParse(text[(at + RoomField.Length)..].TrimStart("\t "u8), out int count, out _) ? count : 0;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return 0; // no /proc, or no descriptor to look with
            }
        }
    }

    private static ReadOnlySpan<byte> RoomField => "\nFDSize:"u8; // proc_pid_status(5)

    /// <summary>Whether there are enough for so many endpoints, and for workers that are opened before them.</summary>
    internal static bool HasRoomFor(int endpoints, int workers = 0)
    {
        var limit = Limit;
        var most = limit - Reserve(limit) - (endpoints * OfEndpoint) - (workers * OfWorker);
        return NextFree < most && (Room is > 0 and var room && room <= most || Count(limit) < most);
    }

    /// <summary>Whether there are enough for so many endpoints; else the reason with what is open and what may be.</summary>
    internal static bool Suffice(int endpoints, string agent, out BackendFault fault)
    {
        var suffices = HasRoomFor(endpoints);
        fault = suffices ? default : Explained(BackendFault.Because($"No endpoint to {agent} is created."), Count(Limit), Limit);
        return suffices;
    }

    /// <summary>Gives a failure its reason where that is the limit.</summary>
    internal static BackendFault Explain(in BackendFault fault)
    {
        var limit = Limit;
        var open = Count(limit);
        return NativeLog.WasShortOfDescriptors(RecentMilliseconds) || open >= limit - Reserve(limit) ? Explained(fault, open, limit)
            : open >= limit / SuspectParts * (SuspectParts - 1) ? Explained(fault, open, limit, $" Or else: {fault.Hint}")
            : fault;
    }

    private static int Reserve(int limit) => Math.Clamp(limit / ReservePart, ReserveMin, ReserveMax);

    private static BackendFault Explained(in BackendFault fault, int open, int limit, string orElse = "") => new(
        fault.NativeCode,
        fault.SegmentIndex,
        string.Create(CultureInfo.InvariantCulture, $"{fault.Detail} The process has {open} of its {limit} descriptors open (RLIMIT_NOFILE)."),
        "Raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker), or have fewer peers or num_workers." + orElse);

    /// <summary>How many are open: whatever has no number that is not in use. Asks for many in one call, and waits for none of them.</summary>
    private static int Count(int limit)
    {
        var open = 0;
        var asked = stackalloc pollfd[PolledAtOnce];
        var room = Room is > 0 and var known ? known : Math.Min(limit, UnknownRoom);
        var atOnce = Math.Clamp(limit, 1, PolledAtOnce);
        for (var first = 0; first < room; first += atOnce)
        {
            var count = Math.Min(atOnce, room - first);
            for (var i = 0; i < count; i++)
            {
                asked[i] = new pollfd { fd = first + i };
            }

            _ = Libc.poll(asked, (ulong)count, 0);
            for (var i = 0; i < count; i++)
            {
                open += (asked[i].revents & Libc.POLLNVAL) == 0 ? 1 : 0;
            }
        }

        return open;
    }
}
