namespace Nixl.Bench.Transfers;

/// <summary>Two devices between which blocks move.</summary>
/// <param name="Number">The pair's number in the run.</param>
/// <param name="Near">The initiator's side.</param>
/// <param name="Far">The target's side, or the file's or object's.</param>
internal sealed record DevicePair(int Number, Place Near, Place Far);
