namespace Nixl.Bench.Compare.Moves;

/// <summary>A block of one mover.</summary>
/// <param name="Times">What the operations took.</param>
/// <param name="Cpu">Processor time per operation, in nanoseconds, of every process that took part.</param>
/// <param name="Allocated">Managed bytes per operation, of both processes.</param>
internal readonly record struct MoveSample(MoveTimes Times, double Cpu, double Allocated);
