namespace Nixl;

/// <summary>How a transfer is made. Immutable; one instance may serve many transfers.</summary>
public sealed record TransferOptions
{
    /// <summary>No special wishes.</summary>
    public static readonly TransferOptions Default = new();

    /// <summary>The message delivered to the peer after the data of each post; null for none. An empty message is a real one.</summary>
    public ReadOnlyMemory<byte>? Notification { get; init; }

    /// <summary>The backends that may be used, in order of preference; null for all. A named choice is never replaced by another.</summary>
    public IReadOnlyList<string>? Backends { get; init; }

    /// <summary>The deadline of a post, counted from the post; null for the agent's <see cref="NixlAgentOptions.TransferTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Keeps contiguous neighbours apart instead of merging them into one piece.</summary>
    public bool SkipDescriptorMerge { get; init; }

    /// <summary>Whether the bytes may pass through host memory of the agent where no single backend can move them; null for the agent's
    /// <see cref="NixlAgentOptions.AllowStagedRoutes"/>. Where <see cref="Backends"/> names some, both backends of such a route are taken from them.</summary>
    public bool? AllowStagedRoutes { get; init; }

    /// <summary>Free text handed to the engine (upstream's <c>customParam</c>), on a staged route to both.</summary>
    public string CustomParam { get; init; } = "";
}
