namespace Nixl.Backends;

/// <summary>What an engine is asked to prepare. Immutable; the engine may keep the arrays until <see cref="INixlBackendEngine.ReleaseXfer"/>.</summary>
public sealed class BackendTransfer
{
    /// <summary>Direction, seen from this agent.</summary>
    public required TransferOperation Operation { get; init; }

    /// <summary>The peer's name; this agent's own name for a transfer to itself or to storage.</summary>
    public required string RemoteAgent { get; init; }

    /// <summary>The pieces, in the caller's order; at least one, each at least zero bytes long.</summary>
    public required ReadOnlyMemory<TransferSegment> Segments { get; init; }

    /// <summary>The distinct local memories that the segments name.</summary>
    public required IReadOnlyList<BackendMemory> LocalMemories { get; init; }

    /// <summary>The distinct remote memories that the segments name.</summary>
    public required IReadOnlyList<BackendRemoteMemory> RemoteMemories { get; init; }

    /// <summary>The local memories as the remote side of a transfer within the agent, in the same order; only for a staged route.</summary>
    internal IReadOnlyList<BackendRemoteMemory> OwnMemories { get; init; } = [];

    /// <summary>The sum of all segment lengths in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>The caller's free text for the engine (upstream's <c>customParam</c>), or empty.</summary>
    public string CustomParam { get; init; } = "";
}
