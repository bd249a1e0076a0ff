using Microsoft.Extensions.Logging;

namespace Nixl.Metadata.Redis;

/// <summary>What the Redis store logs. Event ids 1820 to 1839.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1820, LogLevel.Warning, "The Redis variables {Unknown} mean nothing here; known are {Known}")]
    internal static partial void UnknownVariables(ILogger logger, string unknown, string known);

    [LoggerMessage(1821, LogLevel.Warning, "The presence record of {Agent} in Redis is damaged, of another version, or of another agent; it is left alone")]
    internal static partial void StrangeRecord(ILogger logger, string agent);

    [LoggerMessage(1822, LogLevel.Debug, "Redis tells of changes by keyspace notifications; keys are looked at when it does")]
    internal static partial void EventsCome(ILogger logger);

    [LoggerMessage(1823, LogLevel.Information, "Redis does not let this user subscribe to keyspace notifications: {Reason}; changes are found by looking twice a second")]
    internal static partial void EventsRefused(ILogger logger, string reason);
}
