namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>One registration, with what peers are told about it.</summary>
internal sealed class ShmMemory(in MemoryRegion region, PublicDataLayout data) : BackendMemory(region)
{
    internal PublicDataLayout Data { get; } = data;
}
