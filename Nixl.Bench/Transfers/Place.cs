namespace Nixl.Bench.Transfers;

/// <summary>A device's share for one pair.</summary>
/// <param name="Rank">The process that has the device.</param>
/// <param name="Device">Which of that process's devices.</param>
/// <param name="Number">Which of all devices on its side.</param>
/// <param name="Share">Which of the device's shares is this pair's.</param>
internal readonly record struct Place(int Rank, int Device, int Number, int Share);
