namespace Nixl.Backends;

/// <summary>An engine that can move bytes within its own agent: to itself, or between memory and storage. Upstream's <c>supportsLocal</c>.</summary>
public interface ILocalEngine
{
    /// <summary>Makes this agent's own registration usable as the remote side of a transfer.</summary>
    NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault);
}
