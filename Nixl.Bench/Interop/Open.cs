using System.Runtime.InteropServices;

namespace Nixl.Bench.Interop;

/// <summary><c>open</c> with flags that .NET does not offer.</summary>
internal static partial class Open
{
    internal const int O_RDWR = 2;
    internal const int O_CLOEXEC = 0x80000;

    /// <summary><c>O_DIRECT</c>.</summary>
    internal static int O_DIRECT => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);
}
