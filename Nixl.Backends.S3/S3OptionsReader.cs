using System.Buffers;

namespace Nixl.Backends.S3;

/// <summary>Reads <see cref="S3Options"/> from the parameters and the environment.</summary>
internal static class S3OptionsReader
{
    // Enough to fill a 10 Gbit link at the 80 to 100 MB/s that S3 gives one connection; upstream's pool has half the processors.
    private const int ConcurrencyDefault = 16;
    private const int ConcurrencyMax = 256;

    // AWS advises 8 to 16 MiB for ranges.
    private const int PartDefault = 8 << 20;
    private const int PartMin = 64 << 10;
    private const int ThresholdDefault = 16 << 20;
    private const int AttemptsDefault = 5;
    private const int AttemptsMax = 20;
    private const int StallDefault = 30_000;
    private const int ConnectDefault = 5_000;
    private const int TimeMax = 3_600_000;

    private static readonly SearchValues<char> NoBucketChars = SearchValues.Create("/?# \t\r\n");

    private static readonly string[] Known =
    [
        "access_key", "secret_key", "session_token", "bucket", "endpoint_override", "scheme", "region", "use_virtual_addressing", "req_checksum", "resp_checksum",
        "ca_bundle", "num_threads", "crtMinLimit", "throughput_target_gbps", "accelerated", "type", "concurrency", "part_size", "multipart_threshold",
        "max_attempts", "stall_timeout_ms", "connect_timeout_ms", "checksum",
    ];

    /// <summary>Reads and checks; null with the status and the reason.</summary>
    internal static S3Options? Read(BackendParameters parameters, out NixlStatus status, out BackendFault fault)
    {
        status = NixlStatus.InvalidParam;
        if (!parameters.TryRejectUnknown(Known, out fault) || !RefuseVendorEngines(parameters, ref status, out fault))
        {
            return null;
        }

        if (!parameters.TryGetInt32("num_threads", 0, 0, ConcurrencyMax, out var threads, out fault)
            || !parameters.TryGetInt32("concurrency", threads == 0 ? ConcurrencyDefault : threads, 1, ConcurrencyMax, out var concurrency, out fault)
            || !parameters.TryGetInt32("part_size", PartDefault, PartMin, int.MaxValue, out var part, out fault)
            || !parameters.TryGetInt32("multipart_threshold", ThresholdDefault, S3Options.UploadPartBytesMin, int.MaxValue, out var threshold, out fault)
            || !parameters.TryGetInt32("max_attempts", AttemptsDefault, 1, AttemptsMax, out var attempts, out fault)
            || !parameters.TryGetInt32("stall_timeout_ms", StallDefault, 1, TimeMax, out var stall, out fault)
            || !parameters.TryGetInt32("connect_timeout_ms", ConnectDefault, 1, TimeMax, out var connect, out fault)
            || !parameters.TryGetBoolean("use_virtual_addressing", false, out var virtualHosted, out fault)
            || !TryGetPolicy(parameters, "req_checksum", out var adds, out fault)
            || !TryGetPolicy(parameters, "resp_checksum", out var checks, out fault)
            || !TryGetChecksum(parameters, out var checksum, out fault)
            || !TryGetEndpoint(parameters, out var endpoint, out var usesHttp, out fault)
            || !TryGetBucket(parameters, out var bucket, out fault)
            || !TryGetKeys(parameters, out fault)
            || !TryGetRemark(parameters, out var remark, out fault))
        {
            return null;
        }

        status = NixlStatus.Success;
        return new S3Options
        {
            Bucket = bucket,
            Endpoint = endpoint,
            UsesHttp = usesHttp,
            Region = parameters.GetString("region"),
            AccessKey = parameters.GetString("access_key"),
            SecretKey = parameters.GetString("secret_key"),
            SessionToken = parameters.GetString("session_token"),
            IsVirtualHosted = virtualHosted,
            AddsRequestChecksum = adds,
            ChecksResponses = checks,
            CaBundle = parameters.GetString("ca_bundle"),
            Concurrency = concurrency,
            PartBytes = part,
            MultipartThreshold = threshold,
            Attempts = attempts,
            Stall = TimeSpan.FromMilliseconds(stall),
            ConnectTimeout = TimeSpan.FromMilliseconds(connect),
            Checksum = checksum,
            Remark = remark,
        };
    }

    /// <summary>Upstream's vendor engines are native libraries of their own, which no configuration of this backend can stand in for.</summary>
    private static bool RefuseVendorEngines(BackendParameters parameters, ref NixlStatus status, out BackendFault fault)
    {
        if (!parameters.TryGetBoolean("accelerated", false, out var isAccelerated, out fault))
        {
            return false;
        }

        var type = parameters.GetString("type");
        if (!isAccelerated && type.Length == 0)
        {
            return true;
        }

        status = NixlStatus.NotSupported;
        fault = BackendFault.Because(
            isAccelerated
                ? $"accelerated asks for a vendor's engine{(type.Length == 0 ? "" : $" ('{type}')")}, which is a native library that this backend does not have."
                : $"type names the vendor's engine '{type}', which is a native library that this backend does not have.",
            "Remove accelerated and type: objects are moved over HTTP.");
        return false;
    }

    private static bool TryGetPolicy(BackendParameters parameters, string name, out bool isSupported, out BackendFault fault)
    {
        // Upstream leaves the SDK's default, "supported", which stores that know no trailing checksums refuse, and which reads every byte once more.
        var text = parameters.GetString(name, "required");
        isSupported = text == "supported";
        fault = isSupported || text == "required"
            ? default : BackendFault.Because($"Parameter {name} is '{text}', which is neither required nor supported.", $"Correct or remove {name}.");
        return fault == default;
    }

    private static bool TryGetChecksum(BackendParameters parameters, out ChecksumKind kind, out BackendFault fault)
    {
        var text = parameters.GetString("checksum", "none");
        kind = text switch { "crc32c" => ChecksumKind.Crc32C, "sha256" => ChecksumKind.Sha256, _ => ChecksumKind.None };
        fault = kind != ChecksumKind.None || text == "none"
            ? default : BackendFault.Because($"Parameter checksum is '{text}', which is none of none, crc32c, sha256.", "Correct or remove checksum.");
        return fault == default;
    }

    private static bool TryGetEndpoint(BackendParameters parameters, out Uri? endpoint, out bool usesHttp, out BackendFault fault)
    {
        fault = default;
        endpoint = null;
        var scheme = parameters.GetString("scheme");
        usesHttp = scheme == "http";
        if (scheme is not ("" or "http" or "https"))
        {
            fault = BackendFault.Because($"Parameter scheme is '{scheme}', which is neither http nor https.", "Correct or remove scheme.");
            return false;
        }

        var text = parameters.GetString("endpoint_override", Environment.GetEnvironmentVariable("AWS_ENDPOINT_OVERRIDE") ?? "");
        if (text.Length == 0)
        {
            return true;
        }

        var hasScheme = text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? text : $"{(usesHttp ? "http" : "https")}://{text}", UriKind.Absolute, out endpoint)
            || endpoint.Scheme is not ("http" or "https") || endpoint.Host.Length == 0 || endpoint.UserInfo.Length > 0 || endpoint.Query.Length > 0)
        {
            fault = BackendFault.Because("The endpoint (endpoint_override, AWS_ENDPOINT_OVERRIDE) is no address of an HTTP server.", "Write it as https://host:port.");
            return false;
        }

        if (hasScheme && scheme.Length > 0 && scheme != endpoint.Scheme)
        {
            fault = BackendFault.Because($"The endpoint {endpoint} contradicts scheme={scheme}.", "Leave one of the two out.");
            return false;
        }

        return true;
    }

    private static bool TryGetBucket(BackendParameters parameters, out string bucket, out BackendFault fault)
    {
        bucket = parameters.GetString("bucket", Environment.GetEnvironmentVariable("AWS_DEFAULT_BUCKET") ?? "");
        fault = bucket.Length == 0
            ? BackendFault.Because("No bucket is named.", "Set the parameter bucket or the environment variable AWS_DEFAULT_BUCKET.")
            : bucket.AsSpan().ContainsAny(NoBucketChars)
                ? BackendFault.Because($"'{bucket}' is no name of a bucket.", "A bucket's name has lower case letters, digits, dots and hyphens.")
                : default;
        return fault == default;
    }

    private static bool TryGetKeys(BackendParameters parameters, out BackendFault fault)
    {
        var (access, secret, token) = (parameters.GetString("access_key"), parameters.GetString("secret_key"), parameters.GetString("session_token"));
        fault = access.Length > 0 != secret.Length > 0
            ? BackendFault.Because("Only one of access_key and secret_key is given.", "Give both, or none to use the SDK's credential chain.")
            : token.Length > 0 && access.Length == 0
                ? BackendFault.Because("session_token is given without access_key and secret_key.", "Give all three, or none to use the SDK's credential chain.")
                : default;
        return fault == default;
    }

    /// <summary>What belongs to the CRT client of AWS's C++ SDK: checked, and answered with what happens instead.</summary>
    private static bool TryGetRemark(BackendParameters parameters, out string remark, out BackendFault fault)
    {
        remark = "";
        fault = default;
        List<string> given = [];
        foreach (var name in (ReadOnlySpan<string>)["crtMinLimit", "throughput_target_gbps"])
        {
            var text = parameters.GetString(name, "0");
            if (!double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var value)
                || !double.IsFinite(value) || value < 0)
            {
                fault = BackendFault.Because($"Parameter {name} is '{text}', which is no number from 0 on.", $"Correct or remove {name}.");
                return false;
            }

            if (value > 0)
            {
                given.Add(name);
            }
        }

        remark = given.Count == 0 ? ""
            : $"{string.Join(" and ", given)} set{(given.Count == 1 ? "s" : "")} up the CRT client of AWS's C++ SDK, which does not exist here; "
                + "every object is moved in parallel parts, and concurrency and part_size say how many and how large";
        return true;
    }
}
