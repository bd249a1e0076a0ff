using Microsoft.Extensions.Logging;

namespace Nixl.Metadata.Etcd;

/// <summary>What the etcd store logs. Event ids 1800 to 1819.</summary>
internal static partial class EtcdLog
{
    [LoggerMessage(1800, LogLevel.Debug, "etcd member {Endpoint} failed: {Reason}; going on with {Next}")]
    internal static partial void MemberFailed(ILogger logger, Uri endpoint, string reason, Uri next);

    [LoggerMessage(1801, LogLevel.Debug, "etcd member {Endpoint} gave a token")]
    internal static partial void Authenticated(ILogger logger, Uri endpoint);

    [LoggerMessage(1802, LogLevel.Warning, "Metadata of {Agent} under {Label} is stored in {Parts} parts of etcd, because it has {Bytes} bytes; upstream's agents find nothing under their key")]
    internal static partial void Split(ILogger logger, string agent, string label, int parts, int bytes);

    [LoggerMessage(1803, LogLevel.Warning, "The etcd variables {Unknown} mean nothing here; known are {Known}")]
    internal static partial void UnknownVariables(ILogger logger, string unknown, string known);

    [LoggerMessage(1804, LogLevel.Warning, "The presence record under {Key} is damaged, of another version, or of another agent; it is left alone")]
    internal static partial void StrangeRecord(ILogger logger, string key);

    [LoggerMessage(1806, LogLevel.Warning, "The manifest under {Key} is damaged, of another version, or of more bytes than are taken; the metadata in parts is not read")]
    internal static partial void StrangeManifest(ILogger logger, string key);

    [LoggerMessage(1805, LogLevel.Information, "Keys of an earlier life of {Agent} are removed from etcd before it publishes")]
    internal static partial void LeftoversRemoved(ILogger logger, string agent);
}
