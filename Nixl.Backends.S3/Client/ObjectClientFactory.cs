using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Nixl.Backends.S3.Client;

/// <summary>Makes the SDK's client as the options say.</summary>
internal static class ObjectClientFactory
{
    /// <summary>S3's own choice for a store that has no regions.</summary>
    private const string RegionDefault = "us-east-1";

    /// <summary>Makes a client; null with the reason. Contacts nobody.</summary>
    internal static S3ObjectClient? Create(S3Options options, out NixlStatus status, out BackendFault fault)
    {
        status = NixlStatus.InvalidParam;
        if (!TryReadAuthorities(options.CaBundle, out var authorities, out fault))
        {
            return null;
        }

        try
        {
            var client = new AmazonS3Client(Credentials(options), Configure(options, authorities));
            status = NixlStatus.Success;
            return new S3ObjectClient(client, options);
        }
        catch (AmazonClientException refused)
        {
            var filter = new SecretFilter(options.Secrets);
            fault = BackendFault.Because(
                $"The AWS SDK refuses the settings: {filter.Clean(refused.Message)}", "Name a region (region, AWS_REGION) or an endpoint_override.");
            return null;
        }
    }

    private static AWSCredentials? Credentials(S3Options options)
        => options.AccessKey.Length == 0 ? null
            : options.SessionToken.Length == 0 ? new BasicAWSCredentials(options.AccessKey, options.SecretKey)
            : new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.SessionToken);

    private static AmazonS3Config Configure(S3Options options, X509Certificate2Collection? authorities)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = !options.IsVirtualHosted,
            MaxErrorRetry = 0, // tried again by us, from where it stopped
            MaxStaleConnectionRetries = 0,
            HttpClientFactory = new StoreHttpClientFactory(options, authorities),
            HttpClientCacheSize = 1,
            BufferSize = 128 << 10,
            RequestChecksumCalculation = options.AddsRequestChecksum ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = options.ChecksResponses ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
            config.AuthenticationRegion = options.Region.Length == 0 ? RegionDefault : options.Region;
        }
        else
        {
            config.UseHttp = options.UsesHttp;
            if (options.Region.Length > 0)
            {
                config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
            }
        }

        return config;
    }

    private static bool TryReadAuthorities(string path, out X509Certificate2Collection? authorities, out BackendFault fault)
    {
        authorities = null;
        fault = default;
        if (path.Length == 0)
        {
            return true;
        }

        try
        {
            authorities = [];
            authorities.ImportFromPemFile(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            fault = BackendFault.Because($"The file {path} of ca_bundle cannot be used: {unreadable.Message}", "Name a PEM file with certificates.");
            return false;
        }

        fault = authorities.Count == 0 ? BackendFault.Because($"The file {path} of ca_bundle has no certificate.", "Name a PEM file with certificates.") : default;
        return fault == default;
    }
}
