using Microsoft.Extensions.Logging;

namespace Nixl.Liveness;

/// <summary>What watching peers logs. Event ids 1750 to 1799.</summary>
internal static partial class LivenessLog
{
    [LoggerMessage(1750, LogLevel.Warning, "Agent {Agent}: {Peer} is dead: {Reason}; its metadata is dropped and its transfers end")]
    internal static partial void Dead(ILogger logger, string agent, string peer, string reason);

    [LoggerMessage(1751, LogLevel.Debug, "Agent {Agent}: metadata of {Peer} is out of date and is fetched from its listener")]
    internal static partial void Refreshing(ILogger logger, string agent, string peer);

    [LoggerMessage(1752, LogLevel.Information, "Agent {Agent}: new metadata of {Peer} could not be fetched from its listener: {Reason}")]
    internal static partial void RefreshFailed(ILogger logger, string agent, string peer, string reason);

    [LoggerMessage(1753, LogLevel.Warning, "Agent {Agent}: the heartbeats of {Peer} are of a version that is not spoken here; it is never declared dead for sending none")]
    internal static partial void OtherVersion(ILogger logger, string agent, string peer);
}
