namespace Nixl.Backends.S3.Memory;

/// <summary>A piece of registered memory that stands for a range of an object.</summary>
/// <param name="Start">Where it begins, counted from the first byte of its <see cref="MemoryRun"/>.</param>
/// <param name="Address">Its address.</param>
/// <param name="Length">Its length in bytes, more than 0.</param>
/// <param name="Segment">Index into the caller's segments.</param>
internal readonly record struct Piece(long Start, ulong Address, long Length, int Segment);
