using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_worker_create</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_worker_params_t
{
    internal ulong field_mask;
    internal int thread_mode;
    internal fixed ulong cpu_mask[16];
    internal uint events;
    internal void* user_data;
    internal int event_fd;
    internal ulong flags;
    internal byte* name;
    internal nuint am_alignment;
    internal ulong client_id;
}
