namespace Nixl.Backends;

/// <summary>An engine's registration of one local range. Engines derive and keep their native handle in it.</summary>
/// <remarks>Created by <see cref="INixlBackendEngine.RegisterMem"/>, given back exactly once through <see cref="INixlBackendEngine.DeregisterMem"/>,
/// never while a transfer that uses it is not quiescent.</remarks>
public abstract class BackendMemory(MemoryRegion region)
{
    /// <summary>What was registered.</summary>
    public MemoryRegion Region { get; } = region;
}

/// <summary>An engine's view of one range that a peer (or this agent itself) exposes. Engines derive and keep their unpacked key in it.</summary>
/// <remarks>Created by <see cref="IRemoteEngine.LoadRemoteMD"/> or <see cref="ILocalEngine.LoadLocalMD"/>, given back exactly once through
/// <see cref="INixlBackendEngine.UnloadMD"/>, never while a transfer that uses it is not quiescent.</remarks>
public abstract class BackendRemoteMemory(MemoryType type, MemoryDescriptor range)
{
    /// <summary>The memory type of the range.</summary>
    public MemoryType Type { get; } = type;

    /// <summary>The range as the peer registered it.</summary>
    public MemoryDescriptor Range { get; } = range;
}
