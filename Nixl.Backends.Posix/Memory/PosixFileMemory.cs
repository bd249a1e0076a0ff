using Nixl.Backends.Posix.Files;

namespace Nixl.Backends.Posix.Memory;

/// <summary>A registered part of a file.</summary>
internal sealed class PosixFileMemory(in MemoryRegion region, PosixFile file) : BackendMemory(region)
{
    /// <summary>The file; one use of it is this registration's.</summary>
    internal PosixFile File { get; } = file;
}
