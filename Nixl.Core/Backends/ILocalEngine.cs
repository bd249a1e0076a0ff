namespace Nixl.Backends;

/// <summary>An engine that can move bytes within its own agent: to itself, or between memory and storage. Upstream's <c>supportsLocal</c>.</summary>
public interface ILocalEngine
{
    /// <summary>Makes this agent's own registration usable as the remote side of a transfer. Called when a transfer first wants that, once per registration, also
    /// while others are registered or posted; never after <see cref="INixlBackendEngine.DeregisterMem"/>. Does not block.</summary>
    NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault);
}
