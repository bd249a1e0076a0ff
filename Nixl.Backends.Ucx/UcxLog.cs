using Microsoft.Extensions.Logging;

namespace Nixl.Backends.Ucx;

/// <summary>What this backend logs. Event ids 2000 to 2099.</summary>
internal static partial class UcxLog
{
    [LoggerMessage(2000, LogLevel.Information,
        "UCX of agent {Agent}: libucp {Release}, error handling {ErrorMode}, device memory {DeviceMemory}, events {Events}, {Workers} workers and {Threads} threads, listening on {Listening}, settings {Settings}")]
    internal static partial void Started(
        this ILogger logger, string agent, Version release, string errorMode, bool deviceMemory, bool events, int workers, int threads, string listening, string settings);

    [LoggerMessage(2001, LogLevel.Warning,
        "libucp {Release} is older than 1.19: it reaches agents with the same release, but not those with 1.19 or later, such as the C++ NIXL's")]
    internal static partial void OldRelease(this ILogger logger, Version release);

    [LoggerMessage(2002, LogLevel.Warning, "Endpoint to {Peer} failed: {Code} {Reason}")]
    internal static partial void EndpointFailed(this ILogger logger, string peer, int code, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "A malformed notification of {Length} bytes was dropped ({Reason}); further ones are only counted")]
    internal static partial void MalformedNotification(this ILogger logger, long length, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "A notification to {Peer} was lost: {Code} {Reason}")]
    internal static partial void NotificationLost(this ILogger logger, string peer, int code, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "{Count} endpoints had not closed after {Milliseconds} ms and are dropped with the worker")]
    internal static partial void CloseTimedOut(this ILogger logger, int count, long milliseconds);

    [LoggerMessage(2006, LogLevel.Debug, "The layout of this libucp's worker addresses is unknown; those of peers are handed over without a structural check")]
    internal static partial void UnknownAddressLayout(this ILogger logger);

    [LoggerMessage(2007, LogLevel.Warning, "Arming the worker failed: {Code} {Reason}; the worker is polled instead")]
    internal static partial void ArmFailed(this ILogger logger, int code, string reason);

    [LoggerMessage(2008, LogLevel.Warning,
        "UCX of agent {Agent}: /dev/shm has only {Free} free bytes, so the transport posix is left out, and peers of this host are reached in slower ways; give the container more (--shm-size)")]
    internal static partial void SharedMemoryTooSmall(this ILogger logger, string agent, long free);

    [LoggerMessage(2015, LogLevel.Warning,
        "{Peer} runs libucp {PeerRelease} and this agent {Release}, which are known not to understand each other: UCX is not used between them")]
    internal static partial void IncompatiblePeer(this ILogger logger, string peer, string peerRelease, Version release);

    [LoggerMessage(2016, LogLevel.Warning,
        "{Peer} runs libucp {PeerRelease} and this agent {Release}: releases that differ fail between hosts of several network devices, or on one host; name one device in UCX_NET_DEVICES or device_list on both sides")]
    internal static partial void DifferentRelease(this ILogger logger, string peer, string peerRelease, Version release);

    [LoggerMessage(2017, LogLevel.Warning,
        "UCX of agent {Agent} listens on {Listening}: whoever reaches these ports can read and write this process's memory; isolate the network, or name other devices in device_list; where the network is isolated, name it in allowed_networks")]
    internal static partial void ListensOpenly(this ILogger logger, string agent, string listening);

    [LoggerMessage(2018, LogLevel.Warning,
        "{Peer} is on this host, and UCX reaches it over network transports, because shared memory reports no lost peers: the backend SHM is faster, or UCX with UCX_TLS=posix,cma,self and ucx_error_handling_mode=none on both sides; further peers are not told about")]
    internal static partial void SlowPath(this ILogger logger, string peer);

    [LoggerMessage(2019, LogLevel.Information,
        "UCX of agent {Agent}: {Peer} gets new workers, because {Dropped} endpoints were dropped on the present ones (of those, some cannot be closed: {IsStuck}); their {Peers} other peers keep them")]
    internal static partial void GroupReplaced(this ILogger logger, string agent, string peer, int dropped, bool isStuck, int peers);

    [LoggerMessage(2020, LogLevel.Warning,
        "UCX of agent {Agent}: the workers should be replaced for {Peer} and cannot ({Reason}); memory of transfers that nothing can end stays quarantined, and descriptors of dropped endpoints stay open")]
    internal static partial void GroupNotReplaced(this ILogger logger, string agent, string peer, string reason);

    [LoggerMessage(2021, LogLevel.Information,
        "UCX of agent {Agent}: workers without peers are destroyed after {Dropped} dropped endpoints (of those, some could not be closed: {IsStuck}); nothing touches the memory of their transfers any more")]
    internal static partial void GroupEnded(this ILogger logger, string agent, int dropped, bool isStuck);

    [LoggerMessage(2010, LogLevel.Critical, "libucp: {Message} ({Source})")]
    internal static partial void NativeCritical(this ILogger logger, string message, string source);

    [LoggerMessage(2011, LogLevel.Error, "libucp: {Message} ({Source})")]
    internal static partial void NativeError(this ILogger logger, string message, string source);

    [LoggerMessage(2012, LogLevel.Warning, "libucp: {Message} ({Source})")]
    internal static partial void NativeWarning(this ILogger logger, string message, string source);

    [LoggerMessage(2013, LogLevel.Debug, "libucp: {Message} ({Source})")]
    internal static partial void NativeDebug(this ILogger logger, string message, string source);

    [LoggerMessage(2014, LogLevel.Trace, "libucp: {Message} ({Source})")]
    internal static partial void NativeTrace(this ILogger logger, string message, string source);
}
