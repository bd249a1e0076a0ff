using System.Runtime.InteropServices;

namespace Nixl.Backends.Posix.Interop;

/// <summary><c>struct open_how</c> of <c>linux/openat2.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct open_how
{
    /// <summary>No symbolic link anywhere in the path.</summary>
    internal const ulong RESOLVE_NO_SYMLINKS = 0x04;

    /// <summary>Nothing outside the directory, by whatever way.</summary>
    internal const ulong RESOLVE_BENEATH = 0x08;

    internal ulong flags;
    internal ulong mode;
    internal ulong resolve;
}
