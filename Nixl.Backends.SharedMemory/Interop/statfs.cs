using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>What <c>fstatfs</c> tells of the file system that a file lies in; on x64 and arm64.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct statfs
{
    [FieldOffset(0)]
    public long f_type;
}
