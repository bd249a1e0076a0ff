using Microsoft.Extensions.Logging;

namespace Nixl.Metadata.TcpStore;

/// <summary>What the TCPStore store logs. Event ids 1840 to 1849.</summary>
internal static partial class TcpStoreLog
{
    [LoggerMessage(1840, LogLevel.Warning, "The TCPStore variables {Unknown} mean nothing here; known are {Known}")]
    internal static partial void UnknownVariables(ILogger logger, string unknown, string known);
}
