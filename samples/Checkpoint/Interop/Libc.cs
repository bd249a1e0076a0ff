using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nixl.Samples.Checkpoint.Interop;

/// <summary>What it takes to sync a directory, which .NET opens for nobody.</summary>
internal static partial class Libc
{
    /// <summary><c>O_RDONLY</c> with <c>O_CLOEXEC</c>: what a directory is opened with.</summary>
    internal const int ReadOnly = 0x80000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle directory);
}
