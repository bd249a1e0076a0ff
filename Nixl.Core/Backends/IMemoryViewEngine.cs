namespace Nixl.Backends;

/// <summary>An engine whose transfers code on a device can start, over ranges that it names by a view and an index. Upstream's <c>prepMemView</c> and
/// <c>releaseMemView</c>; both of a device's transfers, the local and the remote side, are views.</summary>
/// <remarks>Device code runs where no agent looks: the agent neither counts nor ends such transfers. It keeps every range of a view registered, or loaded, until the
/// view is released, and releases it before the engine is disposed.</remarks>
public interface IMemoryViewEngine
{
    /// <summary>Makes a view. Entry i is what index i will mean on the device.</summary>
    /// <param name="type">The memory type of every entry.</param>
    /// <param name="entries">The ranges; all local, or remote and holes.</param>
    /// <param name="customParam">The caller's free text for the engine (upstream's <c>customParam</c>), or empty.</param>
    /// <param name="view">The view; a new object each time.</param>
    /// <param name="fault">Why it could not be made.</param>
    /// <returns>Success; NotSupported, with the reason, where the device, its driver or the native library do not do that; or how it failed. Does not throw. Any
    /// thread.</returns>
    NixlStatus PrepMemView(MemoryType type, IReadOnlyList<MemoryViewEntry> entries, string customParam, out BackendMemoryView? view, out BackendFault fault);

    /// <summary>Gives a view back, exactly once. The caller vouches that no device uses it any more.</summary>
    void ReleaseMemView(BackendMemoryView view);
}
