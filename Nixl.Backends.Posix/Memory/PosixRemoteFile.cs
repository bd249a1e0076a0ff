using Nixl.Backends.Posix.Files;

namespace Nixl.Backends.Posix.Memory;

/// <summary>A registered part of a file as the remote side of a transfer.</summary>
internal sealed class PosixRemoteFile(MemoryDescriptor range, PosixFile file) : BackendRemoteMemory(MemoryType.File, range)
{
    /// <summary>The file, held by the registration.</summary>
    internal PosixFile File { get; } = file;
}
