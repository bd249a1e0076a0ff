using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_ep_create</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_ep_params_t
{
    internal ulong field_mask;
    internal void* address;
    internal int err_mode;
    internal ucp_err_handler_t err_handler;
    internal void* user_data;
    internal uint flags;
    internal ucs_sock_addr_t sockaddr;
    internal void* conn_request;
    internal byte* name;
    internal ucs_sock_addr_t local_sockaddr;
}
