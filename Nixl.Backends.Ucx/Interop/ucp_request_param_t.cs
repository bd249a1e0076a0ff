using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>How one operation is issued. <c>cb</c> is the union's <c>send</c>: <c>void (*)(void *request, ucs_status_t status, void *user_data)</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_request_param_t
{
    internal uint op_attr_mask;
    internal uint flags;
    internal void* request;
    internal delegate* unmanaged[Cdecl]<void*, ucs_status_t, void*, void> cb;
    internal ulong datatype;
    internal void* user_data;
    internal void* reply_buffer;
    internal int memory_type;
    internal void* recv_info;
    internal void* memh;
}
