using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nixl.Interop;

/// <summary>The C library's <c>unistd.h</c>.</summary>
internal static partial class Unistd
{
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(SafeFileHandle fd, long length);
}
