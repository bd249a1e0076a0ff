namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>No memory is mapped, and the kernel copies from process to process.</summary>
public sealed class KernelCopyHarness : SharedMemoryHarness
{
    private protected override bool SharesDescriptors => false;
}
