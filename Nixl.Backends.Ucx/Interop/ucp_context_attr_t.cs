using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Result of <c>ucp_context_query</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_context_attr_t
{
    internal ulong field_mask;
    internal nuint request_size;
    internal int thread_mode;
    internal ulong memory_types;
    internal fixed byte name[32];
}
