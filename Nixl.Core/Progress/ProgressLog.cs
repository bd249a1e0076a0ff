using Microsoft.Extensions.Logging;

namespace Nixl.Progress;

/// <summary>What the progress thread and the transfers log. Event ids 1000 to 1049.</summary>
internal static partial class ProgressLog
{
    [LoggerMessage(1000, LogLevel.Warning,
        "Agent {Agent}: a transfer of {Bytes} bytes with {Peer} over {Backend} ended as {Status} while the engine still owns its local memory; it stays registered until the engine lets go")]
    internal static partial void Quarantined(ILogger logger, string agent, string peer, string backend, NixlStatus status, long bytes);

    [LoggerMessage(1001, LogLevel.Error,
        "Agent {Agent}: the {Backend} engine completed post {Post} twice or under a wrong number; refused. This is a defect of the engine; further ones are only counted")]
    internal static partial void CompletionRefused(ILogger logger, string agent, string backend, uint post);

    [LoggerMessage(1002, LogLevel.Critical, "Agent {Agent}: the {Backend} engine threw where its contract forbids it")]
    internal static partial void EngineThrew(ILogger logger, Exception defect, string agent, string backend);

    [LoggerMessage(1004, LogLevel.Warning,
        "Agent {Agent}: a {Operation} of {Bytes} bytes with {Peer} over {Backend} has not ended {After} after its post; {Deadline}. Is the peer's process running, and does it poll?")]
    internal static partial void Stalled(
        ILogger logger, string agent, TransferOperation operation, long bytes, string peer, string backend, TimeSpan after, string deadline);

    [LoggerMessage(1003, LogLevel.Critical, "Agent {Agent}: the progress thread did not end within 10 s; an engine's Progress does not return")]
    internal static partial void ThreadStuck(ILogger logger, string agent);
}
