namespace Nixl;

/// <summary>What one post of a transfer took.</summary>
/// <param name="StartTime">When the post began.</param>
/// <param name="PostDuration">How long handing it to the engine took; the whole duration when it ended before that.</param>
/// <param name="TransferDuration">From the beginning to the end; zero while it is in progress.</param>
/// <param name="TotalBytes">The bytes that one post moves.</param>
/// <param name="DescriptorCount">How many pieces the engine moves, after merging neighbours.</param>
public readonly record struct TransferTelemetry(
    DateTimeOffset StartTime, TimeSpan PostDuration, TimeSpan TransferDuration, long TotalBytes, int DescriptorCount);
