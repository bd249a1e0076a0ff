using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>An entry of a thread's list of robust futexes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct robust_list
{
    public robust_list* next;
}
