namespace Nixl.Bench.Comparison;

/// <summary>What one operation took in a block of operations.</summary>
/// <param name="Mean">Wall time of the block by the number of operations, in nanoseconds: what throughput is made of, with every interruption in it.</param>
/// <param name="Median">Wall time of the median operation, in nanoseconds: hardly touched by other processes that want the processors.</param>
/// <param name="Cpu">Processor time of the whole client process, every thread, by the number of operations, in nanoseconds.</param>
internal readonly record struct BlockTime(double Mean, double Median, double Cpu);
