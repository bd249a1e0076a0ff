namespace Nixl.Backends.S3.Client;

/// <summary>What a HEAD tells about an object.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="ETag">Its ETag, quotes included.</param>
/// <param name="ModifiedSeconds">When it was written, in seconds after 1970.</param>
/// <param name="Mark">The mark of the upload of ours that made it, or empty.</param>
/// <param name="Checksum">The checksum that its writer recorded, as <see cref="Transfers.RecordedChecksum"/> reads it, or empty.</param>
internal sealed record ObjectFacts(long Length, string ETag, long ModifiedSeconds, string Mark, string Checksum);
