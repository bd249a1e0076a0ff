using System.Net;
using Nixl.Liveness;

namespace Nixl.Metadata;

/// <summary>What a listener does with a peer's commands: the agent's side of direct metadata exchange.</summary>
/// <remarks>Called from pool threads, for different connections at the same time; commands of one connection one after another. What comes in is hostile
/// until checked. An implementation answers with a status; an exception is logged and treated as a failure of that command.</remarks>
internal interface IMetadataEndpoint
{
    /// <summary>This agent's full metadata; empty when there is none to give. The bytes must not change afterwards.</summary>
    ReadOnlyMemory<byte> ExportLocal();

    /// <summary>Loads what a peer sent. The bytes belong to the callee: they are used for nothing else afterwards, so slices of them may be kept.</summary>
    /// <param name="blob">A metadata blob, unchecked.</param>
    /// <param name="source">Where it came from.</param>
    NixlStatus LoadFromPeer(ReadOnlyMemory<byte> blob, IPAddress source);

    /// <summary>Forgets an agent because somebody at <paramref name="source"/> says that it left. The name is valid as a name, nothing more.</summary>
    NixlStatus InvalidateFromPeer(string agentName, IPAddress source);

    /// <summary>As <see cref="LoadFromPeer(ReadOnlyMemory{byte}, IPAddress)"/>, with what the peer has proved; null for nothing.</summary>
    NixlStatus LoadFromPeer(ReadOnlyMemory<byte> blob, IPAddress source, string? proof) => LoadFromPeer(blob, source);

    /// <summary>As <see cref="InvalidateFromPeer(string, IPAddress)"/>, with what the peer has proved; null for nothing.</summary>
    NixlStatus InvalidateFromPeer(string agentName, IPAddress source, string? proof) => InvalidateFromPeer(agentName, source);

    /// <summary>Sends heartbeats on the connection that asked for them, from any thread, until it is told that the receiver has ended.</summary>
    NixlStatus Subscribe(ReadOnlySpan<byte> payload, IHeartbeatReceiver receiver) => NixlStatus.NotSupported;

    /// <summary>The receiver's connection has ended.</summary>
    void Unsubscribe(IHeartbeatReceiver receiver)
    {
    }
}
