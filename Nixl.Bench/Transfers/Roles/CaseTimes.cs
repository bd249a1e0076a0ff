using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>What an initiator measured in a case.</summary>
/// <param name="Seconds">From its first thread's first post to its last thread's last end.</param>
/// <param name="Bytes">What was moved.</param>
/// <param name="Iterations">In how many iterations.</param>
/// <param name="Blocks">In how many blocks.</param>
/// <param name="Latency">From before a post to its end.</param>
/// <param name="Prepare">Making transfers.</param>
/// <param name="Post">The call that posts.</param>
/// <param name="Transfer">From after that call to the end.</param>
internal sealed record CaseTimes(
    double Seconds, long Bytes, long Iterations, long Blocks, LatencyDigest Latency, LatencyDigest Prepare, LatencyDigest Post, LatencyDigest Transfer);
