using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>What the kernel walks when a thread ends: a ring of entries, each with its futex word at the same distance.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct robust_list_head
{
    public robust_list list;
    public nint futex_offset;
    public robust_list* list_op_pending;
}
