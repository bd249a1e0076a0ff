using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>A contiguous range of one object that a transfer moves.</summary>
/// <param name="Key">The object's key.</param>
/// <param name="Object">Number of the object within the transfer: several ranges of a READ may be of one.</param>
/// <param name="Run">The range and its memory.</param>
/// <param name="Segment">Index of the first of the caller's segments that lie in it.</param>
internal sealed record ObjectPlan(string Key, int Object, MemoryRun Run, int Segment);
