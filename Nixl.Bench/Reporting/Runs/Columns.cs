using Nixl.Bench.Transfers;
using Nixl.Bench.Transfers.Measuring;
using static Nixl.Bench.Reporting.Runs.Figures;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>All columns. Whatever a table, a CSV file or the page shows comes from here, and so does what explains it.</summary>
internal static class Columns
{
    internal static Column BufferSize { get; } = new(
        "size", "Buffer Size", "Bytes of a block; with a batch, times the blocks of a transfer.", static one => Size(one), Size);

    internal static Column Bandwidth { get; } = new(
        "bytes_per_second", "Bandwidth", "Bytes of all initiators by the longest time that one of them took, first post to last end. GB/s is 10^9 bytes per second.",
        static one => one.BytesPerSecond, static one => Rate(one.BytesPerSecond));

    internal static Column Latency { get; } = SeedTime("latency_mean_us", "Latency (μs)", "From before a transfer (all blocks of its batch) is posted until its end is seen: mean.", static one => one.Latency.Mean);

    internal static Column Latency95 { get; } = SeedTime("latency_p95_us", "P95 (μs)", "95 of 100 transfers took no longer.", static one => one.Latency.At(0.95));

    internal static Column Latency99 { get; } = SeedTime("latency_p99_us", "P99 (μs)", "99 of 100 transfers took no longer.", static one => one.Latency.At(0.99));

    /// <summary>The seeds' table.</summary>
    internal static IReadOnlyList<Column> Seeds { get; } = [BufferSize, Bandwidth, Latency, Latency95, Latency99];

    /// <summary>Where the time of a transfer goes.</summary>
    internal static IReadOnlyList<Column> Times { get; } =
    [
        Count("block_bytes", "Block (B)", "Bytes of a block.", static one => one.BlockBytes),
        Count("batch", "Batch", "Blocks that one transfer moves between each pair of devices.", static one => one.Batch),
        Count("iterations", "Iterations", "Transfers that were measured, of all initiators.", static one => one.Iterations),
        Time("block_mean_us", "Avg Lat", "Time by blocks (upstream's average latency): what a block costs, with whatever is in flight beside it. μs.", static one => one.NanosecondsPerBlock),
        Time("latency_min_us", "Min", "The quickest transfer. μs.", static one => one.Latency.Min),
        Time("latency_p50_us", "P50", "Half of the transfers took no longer. μs.", static one => one.Latency.At(0.5)),
        Time("latency_max_us", "Max", "The slowest transfer. μs.", static one => one.Latency.Max),
        Split("prep_mean_us", "Avg Prep", "Making a transfer (create, or prepare and make; with registration where it is asked for): mean of those made while measuring. μs.", static one => one.Prepare, null),
        Split("prep_p99_us", "P99 Prep", "99 of 100 were made in no more. μs.", static one => one.Prepare, 0.99),
        Split("post_mean_us", "Avg Post", "The call that posts: mean. μs.", static one => one.Post, null),
        Split("post_p99_us", "P99 Post", "99 of 100 calls took no longer. μs.", static one => one.Post, 0.99),
        Split("tx_mean_us", "Avg Tx", "From the return of the call that posts until the end is seen: mean. μs.", static one => one.Transfer, null),
        Split("tx_p99_us", "P99 Tx", "99 of 100 took no longer. μs.", static one => one.Transfer, 0.99),
    ];

    /// <summary>What it cost, and whether it is right.</summary>
    internal static IReadOnlyList<Column> Costs { get; } =
    [
        Count("block_bytes", "Block (B)", "Bytes of a block.", static one => one.BlockBytes),
        Count("batch", "Batch", "Blocks that one transfer moves between each pair of devices.", static one => one.Batch),
        new("iops", "IOPS", "Blocks per second.", static one => one.OperationsPerSecond, static one => Number(one.OperationsPerSecond, 0)),
        new("cpu_initiator_percent", "CPU ini %", "Processor time of the initiators' processes by the time measured; 100 is one processor. Polling costs a processor, whatever moves.",
            static one => one.InitiatorCpuPercent, static one => Number(one.InitiatorCpuPercent, 0)),
        new("cpu_target_percent", "CPU tgt %", "The same of the targets' processes, until the last initiator's end.",
            static one => one.TargetCpuPercent, static one => one.TargetCpuPercent is { } percent ? Number(percent, 0) : None),
        new("cpu_seconds_per_gb", "CPU s/GB", "Processor seconds of all processes by 10^9 bytes.", static one => one.CpuSecondsPerGigabyte, static one => Number(one.CpuSecondsPerGigabyte, 3)),
        new("allocated_bytes_per_iteration", "Alloc B/op", "Managed bytes that the initiators' processes allocated while measuring, by transfers. Starting and ending the measurement is in it.",
            static one => one.AllocatedPerIteration, static one => Number(one.AllocatedPerIteration, 1)),
        new("gc_collections", "GC 0/1/2", "Garbage collections of all processes while measuring, by generation.",
            static one => string.Join('/', one.Collections), static one => string.Join('/', one.Collections)),
        new("gpu_percent", "GPU %", "Use of the GPU: none takes part in a transfer between host memory, files and objects.", static _ => null, static _ => None),
        new("verified", "Verified", "Whether every byte was compared with what was sent, at both ends, and every notification counted: yes, NO, or not asked (--check_consistency).",
            static one => one.IsVerified, static one => Verified(one.IsVerified)),
    ];

    /// <summary>Every column once, in the order of the tables.</summary>
    internal static IReadOnlyList<Column> All { get; } = [.. Seeds.Concat(Times).Concat(Costs).DistinctBy(static column => column.Key)];

    private static Column Count(string key, string header, string explanation, Func<CaseResult, long> value)
        => new(key, header, explanation, one => value(one), one => Number(value(one), 0));

    private static Column Time(string key, string header, string explanation, Func<CaseResult, double> nanoseconds)
        => new(key, header, explanation, one => nanoseconds(one) / 1e3, one => PreciseMicroseconds(nanoseconds(one)));

    private static Column SeedTime(string key, string header, string explanation, Func<CaseResult, double> nanoseconds)
        => Time(key, header, explanation, nanoseconds) with { Text = one => Microseconds(nanoseconds(one)) };

    private static Column Split(string key, string header, string explanation, Func<CaseResult, LatencyDigest> times, double? quantile)
    {
        double? Nanoseconds(CaseResult one) => times(one) is not { Count: > 0 } digest ? null : quantile is { } share ? digest.At(share) : digest.Mean;
        return new(key, header, explanation, one => Nanoseconds(one) / 1e3, one => Nanoseconds(one) is { } value ? PreciseMicroseconds(value) : None);
    }
}
