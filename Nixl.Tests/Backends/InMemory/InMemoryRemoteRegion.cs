using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>A range of another engine of the process, or of the engine itself, addressed by its key.</summary>
internal sealed class InMemoryRemoteRegion(ulong engineId, ulong key, MemoryType type, MemoryDescriptor range) : BackendRemoteMemory(type, range)
{
    private int _unloaded;

    internal ulong EngineId { get; } = engineId;

    internal ulong Key { get; } = key;

    internal bool IsUnloaded => Volatile.Read(ref _unloaded) != 0;

    internal bool TryUnload() => Interlocked.Exchange(ref _unloaded, 1) == 0;
}
