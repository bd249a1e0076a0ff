namespace Nixl.Metadata;

/// <summary>Limits and deadlines of a <see cref="DirectMetadataClient"/>.</summary>
internal sealed record DirectClientOptions
{
    /// <summary>How long connecting may take, name resolution included.</summary>
    internal TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the listener may take to accept a request.</summary>
    internal TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the listener may take to begin its reply.</summary>
    internal TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a reply may take once it has begun.</summary>
    internal TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request waits for earlier ones to the same endpoint; replies carry no number, so there is one at a time.</summary>
    internal TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest frame in bytes, sent or received.</summary>
    internal int FrameBytesMax { get; init; } = 64 << 20;

    /// <summary>What this side and the listener prove to each other.</summary>
    internal DirectSecurity Security { get; init; } = DirectSecurity.None;

    /// <summary>The most endpoints that are remembered with a connection; the one unused for longest is closed first.</summary>
    internal int ConnectionsMax { get; init; } = 1024;
}
