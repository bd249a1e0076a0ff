namespace Nixl.Backends.S3.Client;

/// <summary>An upload that the store lists as neither completed nor aborted.</summary>
/// <param name="UploadId">Its id.</param>
/// <param name="Initiated">When it began, by the store's clock.</param>
internal readonly record struct OpenUpload(string UploadId, DateTimeOffset Initiated);
