namespace Nixl.Backends.S3.Client;

/// <summary>The store, as far as this backend needs it: one request per method, tried once. Failures are exceptions, which <see cref="S3Status"/> reads.</summary>
internal interface IObjectClient : IDisposable
{
    /// <summary>Asks for a range and returns when the headers are there and are right. <paramref name="etag"/>: only of this version of the object; null for any.</summary>
    Task<ObjectBody> GetAsync(string key, long offset, long length, string? etag, CancellationToken cancellationToken);

    /// <summary>Writes a whole object. <paramref name="checksum"/>: of the body, for the store to check, or null.</summary>
    Task PutAsync(string key, Stream body, string? checksum, ObjectTags tags, CancellationToken cancellationToken);

    /// <summary>Begins an upload in parts; its id.</summary>
    Task<string> InitiateAsync(string key, ObjectTags tags, CancellationToken cancellationToken);

    /// <summary>Uploads a part, numbered from 1; its ETag.</summary>
    Task<string> PutPartAsync(string key, string uploadId, int number, Stream body, string? checksum, CancellationToken cancellationToken);

    /// <summary>Makes the object of the parts.</summary>
    Task CompleteAsync(string key, string uploadId, IReadOnlyList<string> etags, IReadOnlyList<string?> checksums, CancellationToken cancellationToken);

    /// <summary>Drops an upload and its parts. One that is not there is dropped already.</summary>
    Task AbortAsync(string key, string uploadId, CancellationToken cancellationToken);

    /// <summary>Looks at an object; null when it does not exist.</summary>
    Task<ObjectFacts?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>The uploads of this key that are open.</summary>
    Task<IReadOnlyList<OpenUpload>> ListUploadsAsync(string key, CancellationToken cancellationToken);
}
