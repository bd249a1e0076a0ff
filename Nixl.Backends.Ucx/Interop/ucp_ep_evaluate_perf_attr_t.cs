using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Result of <c>ucp_ep_evaluate_perf</c>; the time is in seconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ucp_ep_evaluate_perf_attr_t
{
    internal ulong field_mask;
    internal double estimated_time;
}
