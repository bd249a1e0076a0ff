namespace Nixl.Backends.S3.Client;

/// <summary>What is recorded with an object as user metadata.</summary>
/// <param name="Mark">A number that no other upload has, by which a completion whose answer was lost is recognised; or empty.</param>
/// <param name="Checksum">The checksum of its bytes, or empty.</param>
internal readonly record struct ObjectTags(string Mark, string Checksum);
