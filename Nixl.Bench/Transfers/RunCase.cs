namespace Nixl.Bench.Transfers;

/// <summary>One row of the table.</summary>
/// <param name="Number">From 1, in the order of the run.</param>
/// <param name="Block">Bytes of a block.</param>
/// <param name="Batch">Blocks per transfer and pair of devices.</param>
internal sealed record RunCase(int Number, long Block, int Batch);
