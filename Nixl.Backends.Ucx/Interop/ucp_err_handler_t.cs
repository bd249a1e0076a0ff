using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>What libucp calls when an endpoint fails: <c>void (*cb)(void *arg, ucp_ep_h ep, ucs_status_t status)</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_err_handler_t
{
    internal delegate* unmanaged[Cdecl]<void*, void*, ucs_status_t, void> cb;
    internal void* arg;
}
