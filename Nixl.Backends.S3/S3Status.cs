using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Nixl.Backends.S3.Client;

namespace Nixl.Backends.S3;

/// <summary>The only map from the SDK's exceptions and the store's codes to NIXL's status.</summary>
internal static class S3Status
{
    private const string Later = "The store is busy or failed; it was tried again with growing pauses. Lower concurrency, raise max_attempts, or look at the store.";

    /// <summary>What an exception of a request means.</summary>
    internal static S3Failure Of(Exception exception, SecretFilter secrets)
    {
        switch (exception)
        {
            case ObjectException own:
                return own.Failure with { Text = secrets.Clean(own.Failure.Text) };
            case AmazonServiceException service when service.StatusCode != 0 && NetworkCause(service) is null:
                return OfAnswer((int)service.StatusCode, service.ErrorCode ?? "", secrets.Clean(service.Message), service is { Retryable: not null });
        }

        return NetworkCause(exception) switch
        {
            AuthenticationException tls => new S3Failure(
                NixlStatus.NotAllowed, 0, "TLS", secrets.Clean(Innermost(tls).Message), false, "Name the certificate of the store's authority in ca_bundle, or check the endpoint's name."),
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.AddressFamilyNotSupported } name => new S3Failure(
                NixlStatus.BackendError, 0, name.SocketErrorCode.ToString(), "", true, "The endpoint's name does not resolve: check endpoint_override and region."),
            SocketException socket => new S3Failure(
                NixlStatus.BackendError, 0, socket.SocketErrorCode.ToString(), "", true, "The endpoint cannot be reached or closed the connection: check endpoint_override and the network."),
            TimeoutException or OperationCanceledException => new S3Failure(
                NixlStatus.BackendError, 0, "Timeout", "", true, "The endpoint accepted the connection but does not answer: look at the store, or raise stall_timeout_ms."),
            HttpRequestException or HttpIOException or IOException => new S3Failure(
                NixlStatus.BackendError, 0, "ConnectionLost", secrets.Clean(Innermost(exception).Message), true, "The connection broke: look at the store and what lies before it."),
            _ when exception is AmazonClientException => new S3Failure(
                NixlStatus.NotAllowed, 0, "Credentials", secrets.Clean(exception.Message), false,
                "Give access_key and secret_key, or make one source of the SDK's credential chain work (environment, profile, web identity, instance)."),
            _ => new S3Failure(NixlStatus.BackendError, 0, exception.GetType().Name, secrets.Clean(exception.Message), false, null),
        };
    }

    private static S3Failure OfAnswer(int http, string code, string text, bool saysRetry)
    {
        var name = code.Length > 0 && code != http.ToString(System.Globalization.CultureInfo.InvariantCulture) ? code : ((HttpStatusCode)http).ToString();
        var (status, isTransient, hint) = (http, name) switch
        {
            (_, "NoSuchBucket") => (NixlStatus.NotFound, false, "Create the bucket, or correct the parameter bucket."),
            (_, "NoSuchUpload") => (NixlStatus.NotFound, false, "Somebody aborted the upload: post again."),
            (404, _) => (NixlStatus.NotFound, false, "Check the key: QueryMemory tells whether an object exists."),
            (_, "ExpiredToken" or "TokenRefreshRequired" or "InvalidToken") => (NixlStatus.NotAllowed, false, "The session token is not valid or not valid any more: obtain another one."),
            (_, "InvalidAccessKeyId" or "SignatureDoesNotMatch") => (NixlStatus.NotAllowed, false, "Check access_key, secret_key and region."),
            (_, "RequestTimeTooSkewed" or "RequestExpired") => (NixlStatus.NotAllowed, false, "Set this machine's clock: it differs from the store's by too much."),
            (412, _) or (_, "PreconditionFailed") => (NixlStatus.Mismatch, false, "The object was replaced while it was read: post again."),
            (416, _) or (_, "InvalidRange") => (NixlStatus.Mismatch, false, "Read within the object: QueryMemory tells its size."),
            (_, "BadDigest" or "XAmzContentSHA256Mismatch" or "InvalidDigest" or "XAmzContentChecksumMismatch") => (NixlStatus.Mismatch, true, "The store received other bytes than were sent: look for what lies between, and do not write to the memory during the transfer."),
            (_, "SlowDown" or "RequestTimeout" or "InternalError" or "ServiceUnavailable" or "Throttling" or "ThrottlingException") => (NixlStatus.BackendError, true, Later),
            (408 or 429 or >= 500, _) => (NixlStatus.BackendError, http != 501, Later),
            (401 or 403, _) => (NixlStatus.NotAllowed, false, "The store does not allow it: check the credentials and the policies of the bucket."),
            (301 or 307 or 308, _) => (NixlStatus.InvalidParam, false, "The bucket is elsewhere: correct region or endpoint_override."),
            (400, _) => (NixlStatus.InvalidParam, saysRetry, "The store does not understand the request: check endpoint_override, region and the checksum parameters."),
            _ => (NixlStatus.BackendError, saysRetry, (string?)null),
        };
        return new S3Failure(status, http, name, text.Contains("No further error information", StringComparison.Ordinal) ? "" : text, isTransient, hint);
    }

    /// <summary>The network's own exception among the causes, the most telling first.</summary>
    private static Exception? NetworkCause(Exception exception)
    {
        Exception? found = null;
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
            {
                return cause;
            }

            found = cause is SocketException ? cause : cause is HttpRequestException or IOException or TimeoutException or OperationCanceledException ? found ?? cause : found;
        }

        return found;
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
