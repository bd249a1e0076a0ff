namespace Nixl.Bench.Registry;

/// <summary>What one operation took.</summary>
/// <param name="Activity">What was repeated.</param>
/// <param name="Regions">How many regions were registered meanwhile.</param>
/// <param name="Descriptors">How many descriptors the operation was about.</param>
/// <param name="Nanoseconds">Processor time of the process per operation; the median of the blocks.</param>
internal sealed record RegistryResult(string Activity, int Regions, int Descriptors, double Nanoseconds);
