namespace Nixl.Backends.S3.Memory;

/// <summary>Registered host memory. Nothing is kept for it: sockets take any address.</summary>
internal sealed class HostMemory(in MemoryRegion region) : BackendMemory(region);
