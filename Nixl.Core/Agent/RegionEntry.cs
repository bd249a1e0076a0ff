using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>One registered range as one backend holds it, on this side or on a peer's.</summary>
internal abstract class RegionEntry(MemoryType type, MemoryDescriptor range)
{
    private static long _lastSerial;

    private volatile bool _retired;

    /// <summary>Unique in the process, ascending with age: tells registrations of the same range apart.</summary>
    internal long Serial { get; } = Interlocked.Increment(ref _lastSerial);

    internal MemoryType Type { get; } = type;

    internal MemoryDescriptor Range { get; } = range;

    /// <summary>Set before the transfers that use it are closed; a transfer being made looks at it after it has entered the table.</summary>
    internal bool IsRetired => _retired;

    /// <summary>How many transfers of the agent's table use it; the table's own field.</summary>
    internal int Users { get; set; }

    internal void Retire() => _retired = true;
}

/// <summary>A range of this agent.</summary>
internal sealed class LocalRegion(BackendMemory memory, MemoryRegistration owner, byte[] publicData, SelfRegion? self)
    : RegionEntry(memory.Region.Type, memory.Region.Range)
{
    internal BackendMemory Memory { get; } = memory;

    internal MemoryRegistration Owner { get; } = owner;

    /// <summary>What peers need to address the range; empty for an engine that reaches no other agent.</summary>
    internal byte[] PublicData { get; } = publicData;

    /// <summary>The range as the remote side of a transfer within this agent; null where the engine does not do that.</summary>
    internal SelfRegion? Self { get; } = self;
}

/// <summary>A range that a peer exposes.</summary>
internal class RemoteRegion(BackendRemoteMemory memory, ReadOnlyMemory<byte> publicData) : RegionEntry(memory.Type, memory.Range)
{
    internal BackendRemoteMemory Memory { get; } = memory;

    internal ReadOnlyMemory<byte> PublicData { get; } = publicData;
}

/// <summary>A range of this agent, seen as the remote side.</summary>
internal sealed class SelfRegion(BackendRemoteMemory memory) : RemoteRegion(memory, default);
