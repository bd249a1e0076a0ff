using System.Net;
using Microsoft.Extensions.Logging;

namespace Nixl.Agent;

/// <summary>What the agent logs. Event ids 1050 to 1099.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(1050, LogLevel.Information,
        "Agent {Agent}: backends {Backends}; listener {Listener}; {Configuration}")]
    internal static partial void Started(ILogger logger, string agent, string backends, string listener, string configuration);

    [LoggerMessage(1051, LogLevel.Error, "Agent {Agent}: the {Backend} engine did not take back {Range}: {Status}, native code {NativeCode}")]
    internal static partial void DeregisterFailed(
        ILogger logger, string agent, string backend, MemoryDescriptor range, NixlStatus status, int nativeCode);

    [LoggerMessage(1052, LogLevel.Warning,
        "Agent {Agent}: {Count} notifications of {Bytes} bytes wait for the application, half of the limit of {Limit}; read them by GetNotifications")]
    internal static partial void NotificationsHalfFull(ILogger logger, string agent, int count, long bytes, long limit);

    [LoggerMessage(1053, LogLevel.Error,
        "Agent {Agent}: a notification from {Peer} was refused because {Bytes} bytes may wait and do ({Limit}); the peer is disconnected")]
    internal static partial void NotificationsFull(ILogger logger, string agent, string peer, long bytes, string limit);

    [LoggerMessage(1054, LogLevel.Warning, "Agent {Agent}: the connection to {Peer} over {Backend} is lost; its metadata is dropped and its transfers end")]
    internal static partial void PeerLost(ILogger logger, string agent, string peer, string backend);

    [LoggerMessage(1055, LogLevel.Warning,
        "Agent {Agent}: metadata of another incarnation of {Peer} from {Source} was refused; the known one came from {KnownSource}")]
    internal static partial void TakeoverRefused(ILogger logger, string agent, string peer, IPAddress? source, IPAddress? knownSource);

    [LoggerMessage(1056, LogLevel.Information, "Agent {Agent}: {Peer} was replaced by a new incarnation from {Source}")]
    internal static partial void TakenOver(ILogger logger, string agent, string peer, IPAddress? source);

    [LoggerMessage(1057, LogLevel.Warning, "Agent {Agent}: metadata from {Source} was refused: {Reason}")]
    internal static partial void MetadataRefused(ILogger logger, string agent, IPAddress? source, string reason);

    [LoggerMessage(1058, LogLevel.Warning, "Agent {Agent}: an invalidation of {Peer} from {Source} was refused: it did not come from where {Peer}'s metadata came from")]
    internal static partial void InvalidationRefused(ILogger logger, string agent, string peer, IPAddress? source);

    [LoggerMessage(1060, LogLevel.Warning, "Agent {Agent}: the default backend {Backend} cannot run here and is passed over: {Reason}")]
    internal static partial void DefaultBackendFailed(ILogger logger, string agent, string backend, string reason);

    [LoggerMessage(1061, LogLevel.Warning, "Agent {Agent}: the environment variables {Unknown} mean nothing here; known are {Known}")]
    internal static partial void UnknownVariables(ILogger logger, string agent, string unknown, string known);

    [LoggerMessage(1062, LogLevel.Warning, "Agent {Agent}: the value '{Value}' of {Variable} is not understood and ignored; possible are {Possible}")]
    internal static partial void VariableRefused(ILogger logger, string agent, string variable, string value, string possible);

    [LoggerMessage(1059, LogLevel.Warning, "Agent {Agent}: {Count} transfers did not become quiescent before the agent ended; their engines are closed over them")]
    internal static partial void EndedInFlight(ILogger logger, string agent, int count);

    [LoggerMessage(1063, LogLevel.Information,
        "Agent {Agent}: transfers that no single backend can serve go over {Near} and {Far} through {Chunks} chunks of {ChunkBytes} bytes of host memory")]
    internal static partial void RouteStaged(ILogger logger, string agent, string near, string far, int chunks, int chunkBytes);

    [LoggerMessage(1064, LogLevel.Warning, "Agent {Agent}: no backend takes these devices: {Devices}; they restrict nothing")]
    internal static partial void DevicesUnused(ILogger logger, string agent, string devices);

    [LoggerMessage(1065, LogLevel.Warning, "Agent {Agent}: NumThreads is {Threads}, and none of the backends {Backends} takes a number of threads")]
    internal static partial void ThreadsUnused(ILogger logger, string agent, int threads, string backends);

    [LoggerMessage(1066, LogLevel.Warning,
        "Agent {Agent}: a {Operation} of {Bytes} bytes with {Peer} over {Backend} ({Status}) was dropped without Dispose and is released as soon as its engine is done with it; dispose each transfer, best with using. Further ones are only counted")]
    internal static partial void TransferDropped(
        ILogger logger, string agent, TransferOperation operation, long bytes, string peer, string backend, NixlStatus status);

    [LoggerMessage(1090, LogLevel.Warning, "Agent {Agent}: the lease {Tag} of {Peer} ended without being released: {End}")]
    internal static partial void LeaseNotReleased(ILogger logger, string agent, string peer, string tag, LeaseEnd end);

    [LoggerMessage(1091, LogLevel.Information, "Agent {Agent}: draining for at most {Grace}; {Leases} leases are out, {Transfers} transfers in flight")]
    internal static partial void Draining(ILogger logger, string agent, TimeSpan grace, int leases, int transfers);

    [LoggerMessage(1092, LogLevel.Information, "Agent {Agent}: drained after {Elapsed}; {Leases} leases and {Transfers} transfers were cut")]
    internal static partial void Drained(ILogger logger, string agent, TimeSpan elapsed, int leases, int transfers);
}
