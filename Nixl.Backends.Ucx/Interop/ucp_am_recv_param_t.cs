using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>What libucp says about a received active message.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ucp_am_recv_param_t
{
    internal ulong recv_attr;
    internal void* reply_ep;
}
