using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory;

/// <summary>The text of the kernel's error numbers, which are this backend's native codes.</summary>
internal static class SharedMemoryStatus
{
    internal static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
