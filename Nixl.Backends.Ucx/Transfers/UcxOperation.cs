using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Transfers;

/// <summary>One native operation of a prepared transfer with everything that issuing it needs. Lives in native memory; its address is the callback's context.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct UcxOperation
{
    /// <summary>A GCHandle of the <see cref="UcxRequest"/>.</summary>
    internal nint Request;

    internal void* Local;
    internal ulong Remote;
    internal nuint Length;

    /// <summary>The local registration, a <c>ucp_mem_h</c>.</summary>
    internal void* Memory;

    /// <summary>The peer's unpacked key, a <c>ucp_rkey_h</c>.</summary>
    internal void* Key;

    /// <summary>Index into the caller's segments, -1 for the flush and the notification.</summary>
    internal int Segment;
}
