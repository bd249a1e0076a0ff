using Microsoft.Extensions.Logging;

namespace Nixl.Discovery;

/// <summary>What publishing to a store, and following it, logs. Event ids 1700 to 1749.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1700, LogLevel.Information, "Agent {Agent}: metadata store {Store} at {Endpoint}, {Mode}, chosen by {Source}")]
    internal static partial void Chosen(ILogger logger, string agent, string store, string endpoint, DiscoveryMode mode, string source);

    [LoggerMessage(1701, LogLevel.Warning, "Agent {Agent}: the metadata store at {Endpoint} does not take what is published: {Reason}; trying on, transfers with known peers go on")]
    internal static partial void PublishFailed(ILogger logger, string agent, string endpoint, string reason);

    [LoggerMessage(1702, LogLevel.Information, "Agent {Agent}: publishing to the metadata store at {Endpoint} works again")]
    internal static partial void PublishResumed(ILogger logger, string agent, string endpoint);

    [LoggerMessage(1703, LogLevel.Error, "Agent {Agent}: publishing has ended: {Reason}")]
    internal static partial void PublishEnded(ILogger logger, string agent, string reason);

    [LoggerMessage(1704, LogLevel.Warning, "Agent {Agent}: the metadata store at {Endpoint} cannot be followed: {Reason}; trying on, known peers stay")]
    internal static partial void FollowFailed(ILogger logger, string agent, string endpoint, string reason);

    [LoggerMessage(1705, LogLevel.Information, "Agent {Agent}: the metadata store at {Endpoint} is followed; {Peers} other agents are there")]
    internal static partial void Following(ILogger logger, string agent, string endpoint, int peers);

    [LoggerMessage(1706, LogLevel.Warning, "Agent {Agent}: metadata of {Peer} from the store was not loaded: {Reason}")]
    internal static partial void PeerNotLoaded(ILogger logger, string agent, string peer, string reason);

    [LoggerMessage(1707, LogLevel.Information, "Agent {Agent}: {Peer} is gone: {Reason}")]
    internal static partial void PeerGone(ILogger logger, string agent, string peer, string reason);

    [LoggerMessage(1708, LogLevel.Information, "Agent {Agent}: the name is still held by another incarnation, which does not answer; waiting for at most {Wait}")]
    internal static partial void WaitingForName(ILogger logger, string agent, TimeSpan wait);

    [LoggerMessage(1709, LogLevel.Warning, "Agent {Agent}: the store's variables {Unknown} mean nothing to it; known are {Known}")]
    internal static partial void UnknownVariables(ILogger logger, string agent, string unknown, string known);

    [LoggerMessage(1710, LogLevel.Information, "Agent {Agent}: the presence of {Peer} is over in the store; it stays known until its heartbeats or its connection end, too")]
    internal static partial void PresenceGone(ILogger logger, string agent, string peer);

    [LoggerMessage(1711, LogLevel.Warning, "Agent {Agent}: taking published metadata out of the store failed: {Reason}; it ends with its lease")]
    internal static partial void WithdrawFailed(ILogger logger, string agent, string reason);

    [LoggerMessage(1712, LogLevel.Warning, "Agent {Agent}: the record nixl.net in the metadata of {Peer} is of a version that is not spoken here; the peer is treated as one of upstream's")]
    internal static partial void OtherVersion(ILogger logger, string agent, string peer);

    [LoggerMessage(1713, LogLevel.Information, "Agent {Agent}: its metadata offers {Backends} alone, which NIXL's other agents do not have: they will refuse to load it")]
    internal static partial void OwnKindOnly(ILogger logger, string agent, string backends);
}
