using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers;

/// <summary>A row: what all ranks found out about one case. Times in nanoseconds.</summary>
internal sealed record CaseResult
{
    public required long BlockBytes { get; init; }

    public required int Batch { get; init; }

    /// <summary>Iterations of all initiators.</summary>
    public required long Iterations { get; init; }

    /// <summary>Blocks of all initiators.</summary>
    public required long Blocks { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The longest time that an initiator measured.</summary>
    public required double Seconds { get; init; }

    public required LatencyDigest Latency { get; init; }

    public required LatencyDigest Prepare { get; init; }

    public required LatencyDigest Post { get; init; }

    public required LatencyDigest Transfer { get; init; }

    /// <summary>100 is one processor.</summary>
    public required double InitiatorCpuPercent { get; init; }

    /// <summary>Null without targets.</summary>
    public required double? TargetCpuPercent { get; init; }

    /// <summary>Processor seconds of all processes.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Managed bytes that the initiators allocated.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Garbage collections of all processes, by generation.</summary>
    public required IReadOnlyList<int> Collections { get; init; }

    /// <summary>Null when nothing was compared.</summary>
    public required bool? IsVerified { get; init; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public required string? Problem { get; init; }

    public double BytesPerSecond => Seconds > 0 ? Bytes / Seconds : 0;

    /// <summary>Blocks per second.</summary>
    public double OperationsPerSecond => Seconds > 0 ? Blocks / Seconds : 0;

    public double CpuSecondsPerGigabyte => Bytes > 0 ? CpuSeconds / (Bytes / 1e9) : 0;

    public double AllocatedPerIteration => Iterations > 0 ? (double)AllocatedBytes / Iterations : 0;

    /// <summary>Upstream's average latency: the time that a block takes, whatever else is on its way.</summary>
    public double NanosecondsPerBlock => Blocks > 0 ? Seconds * 1e9 / Blocks : 0;
}
