namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The peer's memory is mapped, and bytes move by plain copies.</summary>
public sealed class MappedMemoryHarness : SharedMemoryHarness
{
    private protected override bool SharesDescriptors => true;
}
