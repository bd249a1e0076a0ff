using System.Runtime.InteropServices;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Asks the kernel whether a descriptor is readable, without waiting.</summary>
internal static partial class DescriptorState
{
    private const short PollIn = 1;

    public static unsafe bool IsReadable(int descriptor)
    {
        var query = new Query { Descriptor = descriptor, Events = PollIn };
        return Poll(&query, 1, 0) == 1 && (query.Returned & PollIn) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(Query* queries, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct Query
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
