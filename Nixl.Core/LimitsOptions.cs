namespace Nixl;

/// <summary>Bounds on what peers and applications can make an agent hold. Each has a typed error.</summary>
public sealed record LimitsOptions
{
    /// <summary>The largest metadata blob in bytes that is sent, received or loaded. 64 MiB hold about a million regions.</summary>
    public long MetadataBytesMax { get; init; } = 64L << 20;

    /// <summary>How many peers may be known at a time.</summary>
    public int RemoteAgentsMax { get; init; } = 4096;

    /// <summary>How many bytes of received notifications may wait for the application. At half of it a warning is logged; a message beyond it is refused and
    /// its sender is disconnected.</summary>
    public long NotificationBytesMax { get; init; } = 256L << 20;

    /// <summary>How many connections the listener serves at a time.</summary>
    public int ListenerConnectionsMax { get; init; } = 256;
}
