using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_init_version</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_params_t
{
    internal ulong field_mask;
    internal ulong features;
    internal nuint request_size;
    internal void* request_init;
    internal void* request_cleanup;
    internal ulong tag_sender_mask;
    internal int mt_workers_shared;
    internal nuint estimated_num_eps;
    internal nuint estimated_num_ppn;
    internal byte* name;
}
