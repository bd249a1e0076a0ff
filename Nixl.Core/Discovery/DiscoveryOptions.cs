using System.Net;

namespace Nixl.Discovery;

/// <summary>How an agent and its peers find each other, and notice when one is gone.</summary>
public sealed record DiscoveryOptions
{
    /// <summary>The store that the agents share. Null: the one whose environment variable is set (<c>NIXL_ETCD_ENDPOINTS</c> and the like), or none.</summary>
    public MetadataStoreSelection? Store { get; init; }

    /// <summary>Whether the environment may choose a store, and complete the settings of one that is named here.</summary>
    public bool UseEnvironment { get; init; } = true;

    /// <summary>What the agent does by itself. Null: <see cref="DiscoveryMode.Automatic"/> where <see cref="Store"/> names a store, and
    /// <see cref="DiscoveryMode.Manual"/>, as upstream, where the environment does.</summary>
    public DiscoveryMode? Mode { get; init; }

    /// <summary>After how long without a renewal this agent's presence ends, 1 s to an hour. Renewed three times as often.</summary>
    public TimeSpan PresenceLease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for the keys that upstream's agents read: long, because their end makes upstream's agents forget this one, although it may only be cut off from
    /// the store. Zero: they stay until they are withdrawn, as upstream's own do.</summary>
    public TimeSpan MetadataLease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether metadata that is too large for one value of the store is stored in parts. Upstream's agents cannot read those, and find nothing.</summary>
    public bool AllowSplit { get; init; }

    /// <summary>How often the listener sends a heartbeat to each peer that asked for them, 50 ms to a minute. Zero: it sends none, and this agent asks nobody. Without a
    /// listener there are none to send.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where peers reach the listener, when that is not where it is bound: behind an address translation, for example. Port 0 stands for the bound one.</summary>
    public EndPoint? AdvertisedEndPoint { get; init; }

    /// <summary>Refuses values that mean nothing.</summary>
    internal void Validate()
    {
        Between(PresenceLease, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(PresenceLease));
        if (MetadataLease != TimeSpan.Zero)
        {
            Between(MetadataLease, PresenceLease, TimeSpan.FromDays(30), nameof(MetadataLease));
        }

        if (HeartbeatInterval != TimeSpan.Zero)
        {
            Between(HeartbeatInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1), nameof(HeartbeatInterval));
        }
    }

    private static void Between(TimeSpan value, TimeSpan least, TimeSpan most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, $"{nameof(NixlAgentOptions.Discovery)}.{name}");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, $"{nameof(NixlAgentOptions.Discovery)}.{name}");
    }
}
