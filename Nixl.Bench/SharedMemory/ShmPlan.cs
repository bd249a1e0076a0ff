using Nixl.Bench.Comparison;

namespace Nixl.Bench.SharedMemory;

/// <summary>How the cases are measured.</summary>
/// <param name="Rounds">Alternations per case.</param>
/// <param name="Block">How long one side runs before the other.</param>
/// <param name="Bytes">The memory of each side.</param>
/// <param name="Processors">Where client and target run; null leaves it to the scheduler.</param>
internal sealed record ShmPlan(int Rounds, TimeSpan Block, long Bytes, ProcessorPair? Processors);
