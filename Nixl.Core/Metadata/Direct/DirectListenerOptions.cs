namespace Nixl.Metadata;

/// <summary>Limits and deadlines of a <see cref="DirectMetadataListener"/>.</summary>
internal sealed record DirectListenerOptions
{
    /// <summary>The most connections at one time. NIXL keeps one open per agent that ever talked to this one.</summary>
    internal int ConnectionsMax { get; init; } = 256;

    /// <summary>Called for each connection closed because of <see cref="ConnectionsMax"/>.</summary>
    internal Action? ConnectionRefused { get; init; }

    /// <summary>The largest frame in bytes. NIXL itself stops at 1 GiB.</summary>
    internal int FrameBytesMax { get; init; } = 64 << 20;

    /// <summary>The most bytes that all unfinished frames together may hold.</summary>
    internal long BufferedBytesMax { get; init; } = 256 << 20;

    /// <summary>The most commands in one frame; NIXL sends one or two. Each <c>SEND</c> makes a reply, so the number must be bounded.</summary>
    internal int CommandsPerFrameMax { get; init; } = 16;

    /// <summary>How long a new connection may stay silent. NIXL connects only when it has something to say; afterwards a connection may be idle for ever.</summary>
    internal TimeSpan FirstFrameTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a frame may take once it has begun: NIXL allows 5 s for the body after its length.</summary>
    internal TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take to accept a reply.</summary>
    internal TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long disposing waits for commands that are being carried out.</summary>
    internal TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What peers must prove.</summary>
    internal DirectSecurity Security { get; init; } = DirectSecurity.None;

    /// <summary>Whether a listener on <c>[::]</c> takes IPv4 connections, too.</summary>
    internal bool DualMode { get; init; } = true;
}
