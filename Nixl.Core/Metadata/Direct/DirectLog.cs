using System.Net;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata;

/// <summary>What the direct metadata exchange logs. Event ids 1300 to 1399.</summary>
internal static partial class DirectLog
{
    [LoggerMessage(1300, LogLevel.Information, "Metadata listener on {Endpoint}; {Security} can read, load and invalidate metadata.")]
    internal static partial void Listening(this ILogger logger, IPEndPoint endpoint, string security);

    [LoggerMessage(1301, LogLevel.Information, "Metadata listener on {Endpoint} stopped.")]
    internal static partial void Stopped(this ILogger logger, IPEndPoint endpoint);

    [LoggerMessage(1302, LogLevel.Warning, "Metadata listener on {Endpoint} could not end all connections within {Timeout}; they end when their command returns.")]
    internal static partial void StopTimedOut(this ILogger logger, IPEndPoint endpoint, TimeSpan timeout);

    [LoggerMessage(1303, LogLevel.Warning, "Metadata listener on {Endpoint} could not accept a connection ({Error}); it tries again.")]
    internal static partial void AcceptFailed(this ILogger logger, IPEndPoint endpoint, string error);

    [LoggerMessage(1304, LogLevel.Warning, "Metadata connection from {Peer} closed: {Reason} ({Suppressed} earlier lines left out)")]
    internal static partial void PeerClosed(this ILogger logger, EndPoint peer, string reason, int suppressed);

    [LoggerMessage(1305, LogLevel.Warning, "Unknown metadata command '{Command}' from {Peer} ignored ({Suppressed} earlier lines left out)")]
    internal static partial void UnknownCommand(this ILogger logger, EndPoint peer, string command, int suppressed);

    [LoggerMessage(1306, LogLevel.Debug, "Metadata command {Command} from {Peer}: {Status}")]
    internal static partial void CommandDone(this ILogger logger, EndPoint peer, DirectCommandKind command, NixlStatus status);

    [LoggerMessage(1307, LogLevel.Warning, "Metadata command {Command} from {Peer} failed with {Status} ({Suppressed} earlier lines left out)")]
    internal static partial void CommandFailed(this ILogger logger, EndPoint peer, DirectCommandKind command, NixlStatus status, int suppressed);

    [LoggerMessage(1308, LogLevel.Error, "Metadata command {Command} from {Peer} threw ({Suppressed} earlier lines left out)")]
    internal static partial void CommandThrew(this ILogger logger, Exception exception, EndPoint peer, DirectCommandKind command, int suppressed);

    [LoggerMessage(1309, LogLevel.Error, "Metadata of this agent was not sent to {Peer}: it contains 'NIXLCOMM:', where NIXL's listener would cut it ({Suppressed} earlier lines left out)")]
    internal static partial void ExportWouldBeCut(this ILogger logger, EndPoint peer, int suppressed);

    [LoggerMessage(1320, LogLevel.Debug, "Metadata connection to {Peer} opened")]
    internal static partial void Connected(this ILogger logger, string peer);

    [LoggerMessage(1321, LogLevel.Information, "Metadata connection to {Peer} was dead and is opened again")]
    internal static partial void Reconnecting(this ILogger logger, string peer);
}
