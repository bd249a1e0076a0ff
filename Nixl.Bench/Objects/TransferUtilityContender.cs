using Amazon.S3.Transfer;

namespace Nixl.Bench.Objects;

/// <summary>The SDK's TransferUtility, with as many connections and parts of the same size, in the way that it is fastest: a download by ranges through a stream into
/// memory, with room for twice as many parts as connections; an upload from a file in memory (/dev/shm), because it sends the parts of a stream one after the
/// other.</summary>
internal sealed class TransferUtilityContender(ObjectSetup setup, long length, Uri endpoint, string bucket) : SdkContender(setup, length, endpoint, bucket)
{
    private string? _file;

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
        await utility.UploadAsync(
            new TransferUtilityUploadRequest { BucketName = Bucket, Key = key, FilePath = _file!, PartSize = Setup.PartBytes }, cancellation);
    }

    /// <inheritdoc/>
    public override void Prepare()
    {
        _file = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"nixlbench-{Environment.ProcessId}.bin");
        File.WriteAllBytes(_file, Memory);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        if (_file is not null)
        {
            File.Delete(_file);
        }
    }

    private TransferUtility Create() => new(Client, new TransferUtilityConfig { ConcurrentServiceRequests = Setup.Connections });
}
