using System.Runtime.InteropServices;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>No memory is mapped, and the kernel copies from process to process.</summary>
public sealed unsafe class KernelCopyHarness : SharedMemoryHarness
{
    public override string? Unavailable => base.Unavailable ?? Refusal();

    private protected override bool SharesDescriptors => false;

    private static string? Refusal()
    {
        byte from = 1;
        byte to = 0;
        var local = new iovec { iov_base = &to, iov_len = 1 };
        var remote = new iovec { iov_base = &from, iov_len = 1 };
        return Libc.process_vm_readv(Environment.ProcessId, &local, 1, &remote, 1, 0) == 1
            ? null
            : $"The kernel refuses process_vm_readv here: {Marshal.GetLastPInvokeErrorMessage()}.";
    }
}
