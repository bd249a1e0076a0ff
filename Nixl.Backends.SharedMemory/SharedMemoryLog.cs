using Microsoft.Extensions.Logging;

namespace Nixl.Backends.SharedMemory;

/// <summary>What this backend logs. Event ids 2500 to 2599.</summary>
internal static partial class SharedMemoryLog
{
    [LoggerMessage(2500, LogLevel.Information, "SHM of agent {Agent}: socket {Path}, {Settings}, sign of death {IsGuarded}, stale sockets removed {Stale}")]
    internal static partial void Started(this ILogger logger, string agent, string path, string settings, bool isGuarded, int stale);

    [LoggerMessage(2501, LogLevel.Warning, "Process {ProcessId} was not taken in as a peer: {Reason}")]
    internal static partial void PeerRefused(this ILogger logger, int processId, string reason);

    [LoggerMessage(2502, LogLevel.Information, "Peer {Peer} is not reached over shared memory: {Reason}")]
    internal static partial void NotOffered(this ILogger logger, string peer, string reason);

    [LoggerMessage(2503, LogLevel.Warning, "{Count} notifications to {Peer} were lost with the connection")]
    internal static partial void NotificationsLost(this ILogger logger, string peer, int count);

    [LoggerMessage(2504, LogLevel.Warning, "Peer {Peer} broke the rules of the ring; its messages are no longer taken")]
    internal static partial void RingBroken(this ILogger logger, string peer);

    [LoggerMessage(2505, LogLevel.Warning, "No descriptor is left to take a peer in (errno {Errno}); raise the limit of open files. Trying again every 100 ms")]
    internal static partial void NoDescriptorForPeer(this ILogger logger, int errno);

    [LoggerMessage(2506, LogLevel.Critical, "The service thread of the SHM backend does not end")]
    internal static partial void ServiceStuck(this ILogger logger);

    [LoggerMessage(2507, LogLevel.Critical, "The service thread of the SHM backend failed: peers see this agent as ended")]
    internal static partial void ServiceFailed(this ILogger logger, Exception defect);

    [LoggerMessage(2508, LogLevel.Warning, "Peers were still in a slice over this agent's memory after {Milliseconds} ms, stopped or without a processor; the backend was closed all the same")]
    internal static partial void ClosedUnderSlices(this ILogger logger, int milliseconds);

    [LoggerMessage(2509, LogLevel.Warning, "The kernel does not mark the end of this process at once ({Reason}); peers notice a kill when its memory is taken down")]
    internal static partial void NoSignOfDeath(this ILogger logger, string reason);

    [LoggerMessage(2510, LogLevel.Error, "The connection of peer '{Peer}' failed and was ended; the others go on")]
    internal static partial void PeerFailed(this ILogger logger, string peer, Exception defect);

    [LoggerMessage(2511, LogLevel.Warning, "Peer {Peer} of this host is not reached over shared memory: {Reason} Run releases that have a version in common; other backends serve it meanwhile")]
    internal static partial void NoCommonVersion(this ILogger logger, string peer, string reason);

    [LoggerMessage(2512, LogLevel.Warning, "The kernel does not let this process copy from and to the memory of peer {Peer} (process {ProcessId}, errno {Errno}): only memory that agents allocated is moved to peers like it")]
    internal static partial void CopiesRefused(this ILogger logger, string peer, int processId, int errno);
}
