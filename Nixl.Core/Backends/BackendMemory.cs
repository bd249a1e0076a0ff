using Nixl.Agent;

namespace Nixl.Backends;

/// <summary>An engine's registration of one local range. Engines derive and keep their native handle in it.</summary>
/// <remarks>Created by <see cref="INixlBackendEngine.RegisterMem"/>, a new object each time, given back exactly once through
/// <see cref="INixlBackendEngine.DeregisterMem"/>, never while a transfer that uses it is not quiescent.</remarks>
public abstract class BackendMemory : BackendRegion
{
    // Null for most: the object behind the range, or that and the user's bytes.
    private readonly object? _more;
    private BackendRemoteMemory? _self;

    /// <summary>For an engine that has registered <paramref name="region"/>.</summary>
    protected BackendMemory(in MemoryRegion region) : base(region.Type, region.Range)
    {
        _more = region.MetaInfo.IsEmpty ? region.Backing : new Details(region.MetaInfo, region.Backing);
    }

    /// <summary>What was registered.</summary>
    public MemoryRegion Region => _more is Details details
        ? new MemoryRegion(Type, Range, details.MetaInfo, details.Backing) : new MemoryRegion(Type, Range, default, (BackingObject?)_more);

    /// <summary>What it was registered with; null until the agent has taken it.</summary>
    internal IRegistrationPart? Part { get; set; }

    /// <summary>What peers need to address the range; empty for an engine that reaches no other agent.</summary>
    internal ReadOnlyMemory<byte> PublicData { get; set; }

    /// <summary>The range as the remote side of a transfer within this agent, loaded when it is first asked for; null where the engine does not do that, and
    /// when the range is retired.</summary>
    /// <exception cref="NixlException">The engine refused.</exception>
    internal BackendRemoteMemory? Self => Volatile.Read(ref _self) ?? Part!.Section.SelfLoader?.Load(this);

    /// <summary>The same if it was loaded.</summary>
    internal BackendRemoteMemory? LoadedSelf
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
        MarkRetired();
        Interlocked.MemoryBarrier();
        LoadedSelf?.Retire();
    }

    /// <summary>Sets the mark alone. The caller puts a full barrier behind it and retires <see cref="LoadedSelf"/> then.</summary>
    internal void MarkRetired() => base.Retire();

    private sealed record Details(ReadOnlyMemory<byte> MetaInfo, BackingObject? Backing);
}
