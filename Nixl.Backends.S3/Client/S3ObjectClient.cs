using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Nixl.Backends.S3.Transfers;

namespace Nixl.Backends.S3.Client;

/// <summary>The store through the AWS SDK: with <see cref="ObjectClientFactory"/> and <see cref="S3Status"/> the only code that knows it.</summary>
/// <remarks>Bodies go out without the SDK's chunked encoding. Over TLS they are not hashed; without TLS the SDK insists on signing them, which reads them once more.</remarks>
internal sealed class S3ObjectClient(AmazonS3Client client, S3Options options) : IObjectClient
{
    private const string MarkName = "x-amz-meta-nixl-upload";
    private const string ChecksumName = "x-amz-meta-nixl-checksum";

    private readonly string _bucket = options.Bucket;
    private readonly bool _isSecure = options.Endpoint is { } endpoint ? endpoint.Scheme == "https" : !options.UsesHttp;

    /// <summary>The address in use, for reports.</summary>
    internal string Endpoint { get; } = options.Endpoint?.ToString() ?? client.Config.RegionEndpoint?.DisplayName ?? "aws";

    /// <inheritdoc/>
    public async Task<ObjectBody> GetAsync(string key, long offset, long length, string? etag, CancellationToken cancellationToken)
    {
        var response = await client.GetObjectAsync(
            new GetObjectRequest { BucketName = _bucket, Key = key, ByteRange = new ByteRange(offset, offset + length - 1), EtagToMatch = etag },
            cancellationToken).ConfigureAwait(false);
        if (ObjectBody.Check((int)response.HttpStatusCode, response.ContentRange, response.ContentLength, offset, length) is { } failure)
        {
            response.Dispose();
            throw new ObjectException(failure);
        }

        return new ObjectBody(response.ETag ?? "", response.ResponseStream, response);
    }

    /// <inheritdoc/>
    public Task PutAsync(string key, Stream body, string? checksum, ObjectTags tags, CancellationToken cancellationToken)
    {
        var request = new PutObjectRequest
        {
            BucketName = _bucket,
            Key = key,
            InputStream = body,
            AutoCloseStream = false,
            UseChunkEncoding = options.AddsRequestChecksum,
            DisablePayloadSigning = _isSecure && !options.AddsRequestChecksum,
            ContentType = "application/octet-stream",
        };
        AddTags(request.Metadata, tags);
        switch (options.Checksum)
        {
            case ChecksumKind.Crc32C:
                request.ChecksumCRC32C = checksum;
                break;
            case ChecksumKind.Sha256:
                request.ChecksumSHA256 = checksum;
                break;
        }

        return client.PutObjectAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> InitiateAsync(string key, ObjectTags tags, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = _bucket, Key = key, ContentType = "application/octet-stream" };
        AddTags(request.Metadata, tags);
        request.ChecksumAlgorithm = options.Checksum switch
        {
            ChecksumKind.Crc32C => ChecksumAlgorithm.CRC32C,
            ChecksumKind.Sha256 => ChecksumAlgorithm.SHA256,
            _ => null,
        };
        var response = await client.InitiateMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
        return !string.IsNullOrEmpty(response.UploadId)
            ? response.UploadId
            : throw new ObjectException(new S3Failure(NixlStatus.BackendError, (int)response.HttpStatusCode, "NoUploadId", "", true, null));
    }

    /// <inheritdoc/>
    public async Task<string> PutPartAsync(string key, string uploadId, int number, Stream body, string? checksum, CancellationToken cancellationToken)
    {
        var request = new UploadPartRequest
        {
            BucketName = _bucket,
            Key = key,
            UploadId = uploadId,
            PartNumber = number,
            InputStream = body,
            PartSize = body.Length,
            UseChunkEncoding = options.AddsRequestChecksum,
            DisablePayloadSigning = _isSecure && !options.AddsRequestChecksum,
        };
        switch (options.Checksum)
        {
            case ChecksumKind.Crc32C:
                request.ChecksumCRC32C = checksum;
                break;
            case ChecksumKind.Sha256:
                request.ChecksumSHA256 = checksum;
                break;
        }

        var response = await client.UploadPartAsync(request, cancellationToken).ConfigureAwait(false);
        return response.ETag ?? "";
    }

    /// <inheritdoc/>
    public Task CompleteAsync(string key, string uploadId, IReadOnlyList<string> etags, IReadOnlyList<string?> checksums, CancellationToken cancellationToken)
    {
        var parts = new List<PartETag>(etags.Count);
        for (var i = 0; i < etags.Count; i++)
        {
            var part = new PartETag(i + 1, etags[i]);
            switch (options.Checksum)
            {
                case ChecksumKind.Crc32C:
                    part.ChecksumCRC32C = checksums[i];
                    break;
                case ChecksumKind.Sha256:
                    part.ChecksumSHA256 = checksums[i];
                    break;
            }

            parts.Add(part);
        }

        return client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = _bucket, Key = key, UploadId = uploadId, PartETags = parts }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task AbortAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            await client.AbortMultipartUploadAsync(
                new AbortMultipartUploadRequest { BucketName = _bucket, Key = key, UploadId = uploadId }, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonS3Exception gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            // Completed or aborted before: what was asked for.
        }
    }

    /// <inheritdoc/>
    public async Task<ObjectFacts?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = _bucket, Key = key, ChecksumMode = options.Checksum == ChecksumKind.None ? null : ChecksumMode.ENABLED },
                cancellationToken).ConfigureAwait(false);
            var modified = response.LastModified is { } time ? new DateTimeOffset(time.ToUniversalTime()).ToUnixTimeSeconds() : 0;
            return new ObjectFacts(
                response.ContentLength, response.ETag ?? "", modified, response.Metadata[MarkName] ?? "", response.Metadata[ChecksumName] ?? Recorded(response));
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OpenUpload>> ListUploadsAsync(string key, CancellationToken cancellationToken)
    {
        // One page is enough: it is the one key, and who has 1,000 uploads of it open has none that can be told from the others.
        var response = await client.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = _bucket, Prefix = key }, cancellationToken).ConfigureAwait(false);
        return [.. (response.MultipartUploads ?? []).Where(upload => upload.Key == key).Select(static upload => new OpenUpload(
            upload.UploadId, upload.Initiated is { } time ? new DateTimeOffset(time.ToUniversalTime()) : DateTimeOffset.MinValue))];
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static void AddTags(MetadataCollection metadata, ObjectTags tags)
    {
        if (tags.Mark.Length > 0)
        {
            metadata[MarkName] = tags.Mark;
        }

        if (tags.Checksum.Length > 0)
        {
            metadata[ChecksumName] = tags.Checksum;
        }
    }

    /// <summary>The store's own record of a checksum over the whole object, in the form of ours.</summary>
    private string Recorded(GetObjectMetadataResponse response)
    {
        var value = options.Checksum switch
        {
            ChecksumKind.Crc32C => response.ChecksumCRC32C,
            ChecksumKind.Sha256 => response.ChecksumSHA256,
            _ => null,
        };

        // "VALUE-N" is a checksum of the checksums of N parts, whose sizes only their writer knows.
        return value is null || value.Contains('-', StringComparison.Ordinal) ? "" : RecordedChecksum.Format(options.Checksum, value, 0);
    }
}
