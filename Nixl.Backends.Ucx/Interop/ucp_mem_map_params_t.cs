using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Parameters of <c>ucp_mem_map</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_mem_map_params_t
{
    internal ulong field_mask;
    internal void* address;
    internal nuint length;
    internal uint flags;
    internal uint prot;
    internal int memory_type;
}
