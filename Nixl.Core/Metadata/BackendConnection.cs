namespace Nixl.Metadata;

/// <summary>What a peer needs to reach one engine of an agent.</summary>
/// <param name="Backend">The backend's name as NIXL spells it, such as <c>UCX</c>.</param>
/// <param name="Info">The engine's own connection info; not empty. After decoding a slice of the blob.</param>
public sealed record BackendConnection(string Backend, ReadOnlyMemory<byte> Info);
