using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>What <c>statx</c> tells of a file; the same on every architecture, unlike <c>struct stat</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct statx
{
    [FieldOffset(0)]
    public uint stx_mask;

    [FieldOffset(20)]
    public uint stx_uid;

    [FieldOffset(28)]
    public ushort stx_mode;

    [FieldOffset(40)]
    public ulong stx_size;
}
