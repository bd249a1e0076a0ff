using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Nixl.Bench.Transfers.FarSides;

/// <summary>Removes what a run left in a store; agents have no call for that.</summary>
internal static class ObjectCleaner
{
    /// <summary>Deletes the objects whose keys begin with <paramref name="prefix"/>. Where that fails it says so and nothing more: the run has its figures.</summary>
    internal static async Task DeleteAsync(IReadOnlyDictionary<string, string> parameters, string prefix)
    {
        var bucket = parameters.GetValueOrDefault("bucket", Environment.GetEnvironmentVariable("AWS_DEFAULT_BUCKET") ?? "");
        try
        {
            using var client = CreateClient(parameters);
            var listing = client.Paginators.ListObjectsV2(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix });
            await foreach (var stored in listing.S3Objects)
            {
                await client.DeleteObjectAsync(bucket, stored.Key);
            }
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"nixlbench: objects may be left in the bucket {bucket}, under {prefix}: {failure.Message}");
        }
    }

    /// <summary>Makes a bucket.</summary>
    internal static async Task CreateBucketAsync(IReadOnlyDictionary<string, string> parameters, CancellationToken cancellation)
    {
        using var client = CreateClient(parameters);
        await client.PutBucketAsync(parameters["bucket"], cancellation);
    }

    private static AmazonS3Client CreateClient(IReadOnlyDictionary<string, string> parameters)
    {
        var settings = new AmazonS3Config
        {
            ForcePathStyle = parameters.GetValueOrDefault("use_virtual_addressing") != "true",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            AuthenticationRegion = parameters.GetValueOrDefault("region", "us-east-1"),
        };
        if (parameters.GetValueOrDefault("endpoint_override", Environment.GetEnvironmentVariable("AWS_ENDPOINT_OVERRIDE") ?? "") is { Length: > 0 } endpoint)
        {
            settings.ServiceURL = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{parameters.GetValueOrDefault("scheme", "https")}://{endpoint}";
        }
        else
        {
            settings.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.AuthenticationRegion);
        }

        return !parameters.TryGetValue("access_key", out var key) ? new AmazonS3Client(settings)
            : parameters.TryGetValue("session_token", out var token)
            ? new AmazonS3Client(new SessionAWSCredentials(key, parameters.GetValueOrDefault("secret_key", ""), token), settings)
            : new AmazonS3Client(new BasicAWSCredentials(key, parameters.GetValueOrDefault("secret_key", "")), settings);
    }
}
