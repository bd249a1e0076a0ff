namespace Nixl.Bench.Micro;

/// <summary>The most that an operation may allocate.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Bytes">Bytes, whatever it is about.</param>
/// <param name="BytesPerItem">Bytes for each item on top.</param>
/// <param name="Reason">What they are for.</param>
internal sealed record AllocationBudget(string Operation, double Bytes, double BytesPerItem, string Reason);
