using Nixl.Backends.SharedMemory.Connections;
using Nixl.Metadata;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>What an agent's metadata says about its SHM backend.</summary>
internal static class SocketPaths
{
    /// <summary>Where the agent listens.</summary>
    internal static string Of(ReadOnlyMemory<byte> metadata) => InfoOf(metadata).SocketPath;

    internal static ConnectionInfo InfoOf(ReadOnlyMemory<byte> metadata)
    {
        if (!AgentMetadataCodec.TryDecode(metadata, MetadataLimits.Default, out var decoded, out var error)
            || !ConnectionInfo.TryDecode(decoded.Connections.Single(static connection => connection.Backend == "SHM").Info.Span, out var info))
        {
            throw new InvalidOperationException($"{error}");
        }

        return info;
    }

    /// <summary>The same metadata with another SHM connection.</summary>
    internal static byte[] With(ReadOnlyMemory<byte> metadata, Func<ConnectionInfo, ConnectionInfo> change)
    {
        if (!AgentMetadataCodec.TryDecode(metadata, MetadataLimits.Default, out var decoded, out var error))
        {
            throw new InvalidOperationException($"{error}");
        }

        return AgentMetadataCodec.Encode(new AgentMetadata
        {
            AgentName = decoded.AgentName,
            Connections = [.. decoded.Connections.Select(connection => connection.Backend == "SHM" ? connection with { Info = change(InfoOf(metadata)).Encode() } : connection)],
            Sections = decoded.Sections,
            Extension = decoded.Extension,
        });
    }
}
