using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>A socket address by reference; unused here, present for the layout of <see cref="ucp_ep_params_t"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucs_sock_addr_t
{
    internal void* addr;
    internal uint addrlen;
}
