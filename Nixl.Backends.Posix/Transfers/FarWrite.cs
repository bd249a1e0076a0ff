namespace Nixl.Backends.Posix.Transfers;

/// <summary>The write that ends furthest in its file, among the writes of a transfer to regular files.</summary>
/// <param name="End">Offset of the first byte after it; 0 when there is none.</param>
/// <param name="Offset">Offset of its first byte.</param>
/// <param name="File">The file's name.</param>
/// <param name="Segment">Index into the caller's segments.</param>
internal readonly record struct FarWrite(long End, long Offset, string File, int Segment);
