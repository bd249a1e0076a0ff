namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>Says why the kernel's copy is not to be had and what to do about it.</summary>
internal static class CopyRefusal
{
    internal const string Hint = "Allocate the memory with AllocateMemory, which peers can map; or allow process_vm_readv and process_vm_writev (seccomp profile, ptrace policy, same user).";

    internal static string Describe(ShmConnection connection)
        => $"The kernel does not let this process copy from and to the memory of {connection.Agent} (process {connection.Process.Id}), and that memory cannot be mapped"
            + (connection.CountObjects().Problem is { Length: > 0 } problem ? $": {problem}." : ".");
}
