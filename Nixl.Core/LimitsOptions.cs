namespace Nixl;

/// <summary>Bounds on what peers and applications can make an agent hold. What goes beyond one is refused with NotAllowed and the limit's name in
/// <see cref="NixlException.Limit"/>, or, where a peer is at fault, logged and counted; none may be negative.</summary>
public sealed record LimitsOptions
{
    /// <summary>The largest metadata blob in bytes that is sent, received or loaded. 64 MiB hold about a million regions.</summary>
    public long MetadataBytesMax { get; init; } = 64L << 20;

    /// <summary>How many peers may be known at a time.</summary>
    public int RemoteAgentsMax { get; init; } = 4096;

    /// <summary>How many regions of one peer may be loaded, each backend counted. The default is what the largest metadata holds.</summary>
    public int RegionsPerPeerMax { get; init; } = 1 << 20;

    /// <summary>How many transfers may be made and not released. Threads that make transfers at the same moment may pass it by their number.</summary>
    public int TransfersMax { get; init; } = 1 << 20;

    /// <summary>How many bytes of local memory engines may keep of transfers that ended without being quiescent; beyond it no transfer is made until engines
    /// let go.</summary>
    public long QuarantinedBytesMax { get; init; } = 64L << 30;

    /// <summary>How many bytes of host memory staged routes may hold. A route takes what is left when that is less than it wants, but at least one chunk.</summary>
    public long BounceBytesMax { get; init; } = 256L << 20;

    /// <summary>How many bytes of received notifications, with 128 for each message itself, may wait for the application. At half of it a warning is logged; a
    /// message beyond it is refused and its sender is disconnected.</summary>
    public long NotificationBytesMax { get; init; } = 256L << 20;

    /// <summary>The same for the messages of one sender.</summary>
    public long NotificationBytesPerPeerMax { get; init; } = 64L << 20;

    /// <summary>How many connections the listener serves at a time; further ones are closed at once. Those on which peers get heartbeats count against
    /// <see cref="HeartbeatReceiversMax"/> instead.</summary>
    public int ListenerConnectionsMax { get; init; } = 256;

    /// <summary>To how many peers the listener sends heartbeats, each over a connection of its own; a further one is told that it gets none, and closed. The default is
    /// <see cref="RemoteAgentsMax"/>'s: who is known may want them.</summary>
    public int HeartbeatReceiversMax { get; init; } = 4096;

    /// <summary>Refuses values that mean nothing.</summary>
    internal void Validate()
    {
        NotNegative(MetadataBytesMax, nameof(MetadataBytesMax));
        NotNegative(RemoteAgentsMax, nameof(RemoteAgentsMax));
        NotNegative(RegionsPerPeerMax, nameof(RegionsPerPeerMax));
        NotNegative(TransfersMax, nameof(TransfersMax));
        NotNegative(QuarantinedBytesMax, nameof(QuarantinedBytesMax));
        NotNegative(BounceBytesMax, nameof(BounceBytesMax));
        NotNegative(NotificationBytesMax, nameof(NotificationBytesMax));
        NotNegative(NotificationBytesPerPeerMax, nameof(NotificationBytesPerPeerMax));
        NotNegative(ListenerConnectionsMax, nameof(ListenerConnectionsMax));
        NotNegative(HeartbeatReceiversMax, nameof(HeartbeatReceiversMax));
    }

    private static void NotNegative(long value, string name) => ArgumentOutOfRangeException.ThrowIfNegative(value, $"{nameof(LimitsOptions)}.{name}");
}
