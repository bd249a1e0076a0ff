using Microsoft.Extensions.Logging;

namespace Nixl.Backends.S3;

/// <summary>What this backend logs. Event ids 2700 to 2799. No secret goes in: texts of the store pass <see cref="Client.SecretFilter"/>.</summary>
internal static partial class S3Log
{
    [LoggerMessage(2700, LogLevel.Information, "OBJ of agent {Agent}: {Settings}")]
    internal static partial void Started(this ILogger logger, string agent, string settings);

    [LoggerMessage(2701, LogLevel.Information, "OBJ of agent {Agent}: {Remark}")]
    internal static partial void Remarked(this ILogger logger, string agent, string remark);

    [LoggerMessage(2702, LogLevel.Debug, "OBJ of agent {Agent}: a request failed and is tried again: {Failure}; attempt {Attempt}, at most {Attempts} without progress")]
    internal static partial void Retrying(this ILogger logger, string agent, string failure, int attempt, int attempts);

    [LoggerMessage(2703, LogLevel.Warning, "OBJ of agent {Agent}: an upload of {Object} (id {UploadId}) could not be dropped at once; it is tried again until it is gone")]
    internal static partial void UploadPending(this ILogger logger, string agent, string @object, string uploadId);

    [LoggerMessage(2704, LogLevel.Error,
        "OBJ of agent {Agent}: an upload of {Object} (id {UploadId}) may be left in the store and its parts be paid for; abort it, or give the bucket a rule that does (AbortIncompleteMultipartUpload)")]
    internal static partial void UploadLeft(this ILogger logger, string agent, string @object, string uploadId);

    [LoggerMessage(2705, LogLevel.Warning, "OBJ of agent {Agent}: {Object} was read without a comparison of its checksum, because {Reason}")]
    internal static partial void NotVerified(this ILogger logger, string agent, string @object, string reason);

    [LoggerMessage(2706, LogLevel.Error, "OBJ of agent {Agent}: requests are still in flight {Seconds} s after the end was asked for; it waits, because they use registered memory")]
    internal static partial void StillDraining(this ILogger logger, string agent, double seconds);
}
