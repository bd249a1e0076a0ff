namespace Nixl.Backends.Posix.Memory;

/// <summary>A registered range of host memory.</summary>
/// <param name="region">The range.</param>
/// <param name="buffers">Its registered buffers with the kernel; null when it has none.</param>
internal sealed class PosixMemory(in MemoryRegion region, FixedBuffers? buffers) : BackendMemory(region)
{
    /// <summary>Its registered buffers with the kernel; null when it has none.</summary>
    internal FixedBuffers? Buffers { get; } = buffers;
}
