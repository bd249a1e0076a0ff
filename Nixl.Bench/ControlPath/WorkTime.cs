namespace Nixl.Bench.ControlPath;

/// <summary>What one repetition took in a block of repetitions, in nanoseconds of wall time.</summary>
/// <param name="Mean">Of all: every interruption is in it, garbage collections, too.</param>
/// <param name="Median">Of the median one.</param>
internal readonly record struct WorkTime(double Mean, double Median);
