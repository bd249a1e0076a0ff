using Amazon.S3.Transfer;

namespace Nixl.Bench.Objects;

/// <summary>The SDK's TransferUtility from memory to memory, with as many connections and parts of the same size: ranges for the download, no more parts in memory
/// than connections twice over, and the largest chunks that it reads in.</summary>
internal sealed class TransferUtilityContender(ObjectSetup setup, long length, Uri endpoint, string bucket) : SdkContender(setup, length, endpoint, bucket)
{
    /// <inheritdoc/>
    public override string Name => "TransferUtility";

    /// <inheritdoc/>
    public override bool Writes => true;

    /// <inheritdoc/>
    public override async Task ReadAsync(string key, CancellationToken cancellation)
    {
        using var utility = Create();
        using var response = await utility.OpenStreamWithResponseAsync(
            new TransferUtilityOpenStreamRequest
            {
                BucketName = Bucket,
                Key = key,
                PartSize = Setup.PartBytes,
                MultipartDownloadType = MultipartDownloadType.RANGE,
                MaxInMemoryParts = 2 * Setup.Connections,
            },
            cancellation);
        await response.ResponseStream.ReadExactlyAsync(Memory, cancellation);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(string key, CancellationToken cancellation)
    {
        using var utility = Create();
        using var stream = new MemoryStream(Memory);
        await utility.UploadAsync(
            new TransferUtilityUploadRequest { BucketName = Bucket, Key = key, InputStream = stream, PartSize = Setup.PartBytes, AutoCloseStream = false }, cancellation);
    }

    private TransferUtility Create() => new(Client, new TransferUtilityConfig { ConcurrentServiceRequests = Setup.Connections });
}
