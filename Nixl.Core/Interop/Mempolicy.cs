using System.Runtime.InteropServices;

namespace Nixl.Interop;

/// <summary>The kernel's <c>linux/mempolicy.h</c>. The C library has no function for it, so the call is made by number.</summary>
internal static unsafe partial class Mempolicy
{
    /// <summary>Pages come from the given node as long as it has any, else from the nearest.</summary>
    internal const int MPOL_PREFERRED = 1;

    /// <summary>The number of <c>mbind</c> on x64 (<c>asm/unistd_64.h</c>).</summary>
    internal const long MbindOnX64 = 237;

    /// <summary>The number of <c>mbind</c> on arm64 (<c>asm-generic/unistd.h</c>).</summary>
    internal const long MbindOnArm64 = 235;

    /// <summary>Sets the placement policy of a range; -1 with errno on failure.</summary>
    /// <param name="addr">Page-aligned start.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="mode">Such as <see cref="MPOL_PREFERRED"/>.</param>
    /// <param name="nodemask">One bit per node.</param>
    /// <param name="maxnode">The number of bits of <paramref name="nodemask"/> plus one: the kernel subtracts one.</param>
    /// <param name="flags">0: pages that exist already are left where they are.</param>
    internal static long mbind(nint addr, nuint length, int mode, ulong* nodemask, ulong maxnode, uint flags)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? MbindOnArm64 : MbindOnX64;
        return syscall(number, addr, (nint)length, mode, (nint)nodemask, (nint)maxnode, (nint)flags);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint a, nint b, nint c, nint d, nint e, nint f);
}
