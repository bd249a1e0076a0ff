using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Result of <c>ucp_mem_query</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_mem_attr_t
{
    internal ulong field_mask;
    internal void* address;
    internal nuint length;
    internal int mem_type;
}
