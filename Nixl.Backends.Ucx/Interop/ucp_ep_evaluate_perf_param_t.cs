using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_ep_evaluate_perf</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ucp_ep_evaluate_perf_param_t
{
    internal ulong field_mask;
    internal nuint message_size;
}
