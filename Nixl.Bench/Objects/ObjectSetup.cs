namespace Nixl.Bench.Objects;

/// <summary>What a comparison of object transfers does.</summary>
internal sealed record ObjectSetup(
    long ObjectBytes, int PartBytes, int Connections, int Rounds, int SingleRounds, long BytesPerSecond, int LatencyMs, int Heads, long PeakBytes);
