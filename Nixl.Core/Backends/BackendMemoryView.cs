namespace Nixl.Backends;

/// <summary>An engine's view of ranges for device code. Engines derive and keep their native handle in it.</summary>
public abstract class BackendMemoryView
{
    /// <summary>What device code is given: upstream's <c>nixlMemViewH</c>.</summary>
    public abstract nint Handle { get; }
}
