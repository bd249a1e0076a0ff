using System.Globalization;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>How many descriptors the process may have and has. libucp needs one or more for each endpoint, and says "unreachable" or "input/output error" where it gets none.</summary>
internal static unsafe class DescriptorUse
{
    // libucp gives back what it had opened for an endpoint that failed: so near to the limit the limit was the reason.
    private const int Scarce = 4;

    /// <summary>The most that this process may have (RLIMIT_NOFILE, the soft limit).</summary>
    internal static long Limit
    {
        get
        {
            rlimit limit;
            return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 ? (long)Math.Min(limit.rlim_cur, int.MaxValue) : int.MaxValue;
        }
    }

    /// <summary>Replaces the hint of a failure by the limit where that is its reason.</summary>
    internal static BackendFault Explain(in BackendFault fault)
    {
        var limit = Limit;
        var hasRunOut = NativeLog.TakeDescriptorShortage();
        var used = Count(limit);
        return !hasRunOut && limit - used >= Scarce
            ? fault
            : new BackendFault(
                fault.NativeCode,
                fault.SegmentIndex,
                string.Create(CultureInfo.InvariantCulture, $"{fault.Detail} The process has {used} of its {limit} descriptors open (RLIMIT_NOFILE)."),
                "Raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker), or have fewer peers or num_workers.");
    }

    private static long Count(long limit)
    {
        // The listing takes a descriptor itself: where it finds nothing, there was none left.
        var open = ListeningSockets.OpenDescriptors().Count;
        return open == 0 ? limit : open;
    }
}
