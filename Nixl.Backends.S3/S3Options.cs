namespace Nixl.Backends.S3;

/// <summary>What the backend parameters and the environment ask for, checked. Holds secrets: only <see cref="Describe"/> goes to a log.</summary>
internal sealed record S3Options
{
    /// <summary>S3's smallest part of a multipart upload, the last one excepted.</summary>
    internal const int UploadPartBytesMin = 5 << 20;

    /// <summary>S3's limit for the parts of an upload.</summary>
    internal const int UploadPartsMax = 10_000;

    /// <summary>S3's limit for an object that is uploaded in one request, and for a part.</summary>
    internal const long PutBytesMax = 5L << 30;

    /// <summary>S3's limit for an object: 5 TiB.</summary>
    internal const long ObjectBytesMax = 5L << 40;

    /// <summary>The bucket.</summary>
    internal required string Bucket { get; init; }

    /// <summary>The store's address; null for AWS itself.</summary>
    internal Uri? Endpoint { get; init; }

    /// <summary>Whether AWS itself is reached without TLS.</summary>
    internal bool UsesHttp { get; init; }

    /// <summary>The region, or empty.</summary>
    internal string Region { get; init; } = "";

    /// <summary>Static credentials, or empty.</summary>
    internal string AccessKey { get; init; } = "";

    /// <summary>Belongs to <see cref="AccessKey"/>.</summary>
    internal string SecretKey { get; init; } = "";

    /// <summary>Belongs to temporary <see cref="AccessKey"/>s.</summary>
    internal string SessionToken { get; init; } = "";

    /// <summary>Whether the bucket is part of the host name.</summary>
    internal bool IsVirtualHosted { get; init; }

    /// <summary>Whether the SDK adds its checksum to requests wherever it can.</summary>
    internal bool AddsRequestChecksum { get; init; }

    /// <summary>Whether the SDK checks the checksum of responses wherever there is one.</summary>
    internal bool ChecksResponses { get; init; }

    /// <summary>A PEM file with the certificates that are trusted instead of the system's, or empty.</summary>
    internal string CaBundle { get; init; } = "";

    /// <summary>Requests in flight at most.</summary>
    internal int Concurrency { get; init; }

    /// <summary>Bytes of a part.</summary>
    internal int PartBytes { get; init; }

    /// <summary>Writes of more than this go in parts.</summary>
    internal int MultipartThreshold { get; init; }

    /// <summary>How often a request is tried.</summary>
    internal int Attempts { get; init; }

    /// <summary>The longest time without a byte in a request.</summary>
    internal TimeSpan Stall { get; init; }

    /// <summary>The longest time for a connection.</summary>
    internal TimeSpan ConnectTimeout { get; init; }

    /// <summary>The end-to-end checksum.</summary>
    internal ChecksumKind Checksum { get; init; }

    /// <summary>What was accepted although it changes nothing here, in a sentence; empty when there is nothing to say.</summary>
    internal string Remark { get; init; } = "";

    /// <summary>What must appear in no text.</summary>
    internal IEnumerable<string> Secrets => new[] { SecretKey, SessionToken, AccessKey }.Where(static secret => secret.Length > 0);

    /// <summary>Where objects are, for messages.</summary>
    internal string Place => $"s3://{Bucket}";

    /// <summary>The options as one line for the log, without secrets.</summary>
    internal string Describe()
        => $"bucket={Bucket},endpoint={Endpoint?.ToString() ?? "aws"},region={(Region.Length == 0 ? "default" : Region)},"
            + $"credentials={(AccessKey.Length == 0 ? "chain" : SessionToken.Length == 0 ? "static" : "static,temporary")},"
            + $"addressing={(IsVirtualHosted ? "virtual" : "path")},concurrency={Concurrency},part_size={PartBytes},multipart_threshold={MultipartThreshold},"
            + $"max_attempts={Attempts},req_checksum={(AddsRequestChecksum ? "supported" : "required")},resp_checksum={(ChecksResponses ? "supported" : "required")},"
            + $"checksum={Checksum.ToString().ToLowerInvariant()}{(CaBundle.Length == 0 ? "" : $",ca_bundle={CaBundle}")}";

    /// <summary>Nothing secret, whoever prints a record.</summary>
    public override string ToString() => Describe();
}
