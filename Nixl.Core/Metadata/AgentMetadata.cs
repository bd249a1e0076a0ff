namespace Nixl.Metadata;

/// <summary>What one agent tells its peers: how to reach its engines and which memory they may address. Immutable.</summary>
/// <remarks>A decoded one refers to the blob it came from, which must stay unchanged for as long as it is in use.</remarks>
public sealed class AgentMetadata
{
    /// <summary>The agent's name.</summary>
    public required string AgentName { get; init; }

    /// <summary>One entry per engine that reaches other agents; empty in a partial blob without connection info. Upstream's order is not defined.</summary>
    public IReadOnlyList<BackendConnection> Connections { get; init; } = [];

    /// <summary>One entry per memory type and backend; empty in a blob that carries connections only.</summary>
    public IReadOnlyList<MetadataSection> Sections { get; init; } = [];

    /// <summary>This implementation's own record, or null when the blob has none, as those of upstream's agents.</summary>
    public MetadataExtension? Extension { get; init; }

    /// <summary>Bytes after everything that was understood, kept as they came; encoding appends them again.</summary>
    public ReadOnlyMemory<byte> TrailingBytes { get; init; }

    /// <summary>The same without what upstream's readers do not look at.</summary>
    internal AgentMetadata AsUpstreamReads() => new() { AgentName = AgentName, Connections = Connections, Sections = Sections };
}
