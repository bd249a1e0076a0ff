namespace Nixl.Backends;

/// <summary>An engine's view of one range that a peer (or this agent itself) exposes. Engines derive and keep their unpacked key in it.</summary>
/// <remarks>Created by <see cref="IRemoteEngine.LoadRemoteMD"/> or <see cref="ILocalEngine.LoadLocalMD"/>, a new object each time, given back exactly once
/// through <see cref="INixlBackendEngine.UnloadMD"/>, never while a transfer that uses it is not quiescent.</remarks>
public abstract class BackendRemoteMemory : BackendRegion
{
    /// <summary>For an engine that has loaded a range.</summary>
    /// <param name="type">The memory type of the range.</param>
    /// <param name="range">The range as it was registered.</param>
    protected BackendRemoteMemory(MemoryType type, MemoryDescriptor range) : base(type, range)
    {
    }

    /// <summary>The peer's key; empty for a range of this agent's own.</summary>
    internal ReadOnlyMemory<byte> PublicData { get; set; }

    /// <summary>The registration that this is the other side of; null for a peer's range. It is used, and retires, as that one.</summary>
    internal BackendMemory? Local { get; set; }

    internal override BackendRegion Origin => Local ?? (BackendRegion)this;
}
