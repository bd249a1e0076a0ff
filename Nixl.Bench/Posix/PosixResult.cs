using Nixl.Bench.Measurement;

namespace Nixl.Bench.Posix;

/// <summary>One contender in one case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Contender">The contender.</param>
/// <param name="BytesPerSecond">Where its rates lie.</param>
/// <param name="Ratio">The agent's rate divided by the contender's, round by round: above 1 the agent is faster.</param>
internal sealed record PosixResult(string Case, string Contender, Distribution BytesPerSecond, Distribution Ratio);
