using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_worker_set_am_recv_handler</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_am_handler_param_t
{
    internal ulong field_mask;
    internal uint id;
    internal uint flags;
    internal delegate* unmanaged[Cdecl]<void*, void*, nuint, void*, nuint, ucp_am_recv_param_t*, ucs_status_t> cb;
    internal void* arg;
}
