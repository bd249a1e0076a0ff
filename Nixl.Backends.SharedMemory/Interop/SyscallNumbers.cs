using System.Runtime.InteropServices;

namespace Nixl.Backends.SharedMemory.Interop;

/// <summary>Calls that the C library has no function for, by number: <c>asm/unistd_64.h</c> on x64, <c>asm-generic/unistd.h</c> on arm64.</summary>
internal static class SyscallNumbers
{
    internal const int gettid_x64 = 186;
    internal const int gettid_arm64 = 178;
    internal const int set_robust_list_x64 = 273;
    internal const int set_robust_list_arm64 = 99;
    internal const int get_robust_list_x64 = 274;
    internal const int get_robust_list_arm64 = 100;

    /// <summary>Linux 5.3; the same number everywhere.</summary>
    internal const int pidfd_open = 434;

    internal static int gettid => IsArm64 ? gettid_arm64 : gettid_x64;

    internal static int set_robust_list => IsArm64 ? set_robust_list_arm64 : set_robust_list_x64;

    internal static int get_robust_list => IsArm64 ? get_robust_list_arm64 : get_robust_list_x64;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}
