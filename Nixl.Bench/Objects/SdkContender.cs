using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Nixl.Bench.Objects;

/// <summary>What the contenders share that use the AWS SDK by themselves: a client with the same settings as the backend's, and managed memory.</summary>
internal abstract class SdkContender : IObjectContender
{
    protected SdkContender(ObjectSetup setup, long length, Uri endpoint, string bucket)
    {
        (Setup, Bucket, Memory) = (setup, bucket, new byte[length]);
        Client = CreateClient(endpoint);
    }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract bool Writes { get; }

    /// <inheritdoc/>
    public Span<byte> Content => Memory;

    protected ObjectSetup Setup { get; }

    protected string Bucket { get; }

    protected byte[] Memory { get; }

    protected AmazonS3Client Client { get; }

    /// <summary>A client for a store that knows no trailing checksums.</summary>
    internal static AmazonS3Client CreateClient(Uri endpoint) => new(
        new BasicAWSCredentials(LocalGateway.AccessKey, LocalGateway.SecretKey),
        new AmazonS3Config
        {
            ServiceURL = endpoint.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    /// <inheritdoc/>
    public virtual async Task ReadAsync(string key, CancellationToken cancellation)
    {
        using var response = await Client.GetObjectAsync(new GetObjectRequest { BucketName = Bucket, Key = key }, cancellation);
        await response.ResponseStream.ReadExactlyAsync(Memory, cancellation);
    }

    /// <inheritdoc/>
    public abstract Task WriteAsync(string key, CancellationToken cancellation);

    /// <inheritdoc/>
    public virtual void Prepare()
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose() => Client.Dispose();
}
