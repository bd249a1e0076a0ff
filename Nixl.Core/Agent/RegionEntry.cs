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
    internal virtual int Users { get; set; }

    /// <summary>The range whose end is the end of this one: itself, save for an own range seen as the remote side.</summary>
    internal virtual RegionEntry Origin => this;

    internal virtual void Retire() => _retired = true;
}

/// <summary>A range of this agent.</summary>
/// <param name="memory">The engine's registration.</param>
/// <param name="owner">What it was registered with.</param>
/// <param name="publicData">What peers need to address the range; empty for an engine that reaches no other agent.</param>
/// <param name="selfLoader">Makes it the remote side of a transfer; null where the engine does not do that.</param>
internal sealed class LocalRegion(BackendMemory memory, MemoryRegistration owner, ReadOnlyMemory<byte> publicData, SelfLoader? selfLoader)
    : RegionEntry(memory.Region.Type, memory.Region.Range)
{
    private SelfRegion? _self;

    internal BackendMemory Memory { get; } = memory;

    internal MemoryRegistration Owner { get; } = owner;

    internal ReadOnlyMemory<byte> PublicData { get; } = publicData;

    /// <summary>Where its section holds it; the section's own field.</summary>
    internal RegionPlace Place { get; set; }

    /// <summary>The range as the remote side of a transfer within this agent, loaded when it is first asked for; null where the engine does not do that, and
    /// when the range is retired.</summary>
    /// <exception cref="NixlException">The engine refused.</exception>
    internal SelfRegion? Self => Volatile.Read(ref _self) ?? selfLoader?.Load(this);

    /// <summary>The same if it was loaded.</summary>
    internal SelfRegion? LoadedSelf
    {
        get => Volatile.Read(ref _self);
        set
        {
            Volatile.Write(ref _self, value);
            Interlocked.MemoryBarrier(); // either this sees the mark, or Retire sees the value
            if (IsRetired)
            {
                value?.Retire();
            }
        }
    }

    internal override void Retire()
    {
        if (IsRetired)
        {
            return; // it is taken out and then retired with everything of its registration
        }

        base.Retire();
        Interlocked.MemoryBarrier();
        LoadedSelf?.Retire();
    }
}

/// <summary>A range that a peer exposes.</summary>
/// <param name="memory">What the engine holds of it.</param>
/// <param name="publicData">The peer's key.</param>
internal class RemoteRegion(BackendRemoteMemory memory, ReadOnlyMemory<byte> publicData) : RegionEntry(memory.Type, memory.Range)
{
    internal BackendRemoteMemory Memory { get; } = memory;

    internal ReadOnlyMemory<byte> PublicData { get; } = publicData;
}

/// <summary>A range of this agent, seen as the remote side. It is used, and retires, as the local one.</summary>
internal sealed class SelfRegion(BackendRemoteMemory memory, LocalRegion local) : RemoteRegion(memory, default)
{
    internal override int Users
    {
        get => local.Users;
        set => local.Users = value;
    }

    internal override RegionEntry Origin => local;
}
