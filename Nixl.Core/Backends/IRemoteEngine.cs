using System.Buffers;

namespace Nixl.Backends;

/// <summary>An engine that reaches other agents. Upstream's <c>supportsRemote</c>.</summary>
/// <remarks>Bytes from a peer are hostile: every member that takes some checks them before they reach a native library. The verbs that change connections
/// (<see cref="LoadRemoteConnInfo"/>, <see cref="Connect"/>, <see cref="Disconnect"/>) are called for one peer by one thread at a time.</remarks>
public interface IRemoteEngine
{
    /// <summary>Writes what a peer needs to reach this engine. Constant after <see cref="INixlBackendEngine.Initialize"/>.</summary>
    NixlStatus GetConnInfo(IBufferWriter<byte> destination, out BackendFault fault);

    /// <summary>Writes what a peer needs to address <paramref name="memory"/>: upstream's public data, part of this agent's metadata.</summary>
    NixlStatus GetPublicData(BackendMemory memory, IBufferWriter<byte> destination, out BackendFault fault);

    /// <summary>Takes over a peer's connection info. The agent calls it once per peer until <see cref="Disconnect"/>.</summary>
    /// <returns>NotSupported, with the reason, where the info is valid but the engine does not reach that peer from here, such as another host: the peer's other
    /// backends are loaded all the same, and the reason appears where a route is explained.</returns>
    NixlStatus LoadRemoteConnInfo(string agent, ReadOnlySpan<byte> info, out BackendFault fault);

    /// <summary>Opens the connection now instead of at first use; idempotent; may block until <paramref name="deadline"/>.</summary>
    NixlStatus Connect(string agent, TimeSpan deadline, out BackendFault fault);

    /// <summary>Drops the connection and what was loaded with it. Requests in flight to this peer end early with
    /// <see cref="NixlStatus.RemoteDisconnect"/> where the native library allows it. Remote memories stay until they are unloaded.</summary>
    void Disconnect(string agent);

    /// <summary>Makes a range that a peer exposes usable as the remote side of a transfer.</summary>
    /// <returns>NotSupported, with the reason, where the key is valid but the range cannot be reached from here: it is left to other backends.</returns>
    NixlStatus LoadRemoteMD(
        string agent, MemoryType type, MemoryDescriptor range, ReadOnlySpan<byte> publicData, out BackendRemoteMemory? remote, out BackendFault fault);
}
