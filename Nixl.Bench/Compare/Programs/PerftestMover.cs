using System.Diagnostics;
using System.Globalization;
using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Programs;

/// <summary>UCX's own benchmark, <c>ucp_put_bw</c>: many puts in flight into memory that UCX allocated, no flush after each.</summary>
internal sealed class PerftestMover(string program, string transports, string devices, ProcessorPair? processors) : ProgramMover(processors)
{
    internal const string Program = "ucx_perftest";

    // ucx_perftest -v: iterations, percentile, average and overall latency (us), average and overall bandwidth (MiB/s), message rates.
    private const int OverallBandwidthField = 5;
    private const int Fields = 8;

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    internal override string Name => $"ucx_perftest {transports}";

    internal override string? Group => transports;

    internal override string Details => $"{program} -t ucp_put_bw, UCX_TLS={transports}: other work than a WRITE, so shown and not judged; it compares no bytes";

    protected override async Task<double> RunAsync(BlobCase one, int count, int port)
    {
        (string, string?)[] environment = [("UCX_TLS", transports), ("UCX_NET_DEVICES", devices)];
        using var server = Process.Start(Quiet(Start(program, isTarget: true, ["-p", $"{port}"], environment)))!;
        try
        {
            await WaitUntilListeningAsync(port);
            var client = Start(
                program, isTarget: false,
                ["127.0.0.1", "-p", $"{port}", "-t", "ucp_put_bw", "-s", $"{one.Bytes}", "-n", $"{count}", "-w", $"{Math.Max(1, count / 20)}", "-f", "-v"], environment);
            var output = await ProgramRun.RunAsync(default, client);
            var fields = output[0].Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(',');
            return fields.Length == Fields && double.TryParse(fields[OverallBandwidthField], NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate > 0
                ? one.Bytes / (rate * (1 << 20)) * 1e9
                : throw new BenchmarkException($"{Program} answered '{output[0].Trim()}'.");
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill(entireProcessTree: true);
            }
        }
    }

    private static ProcessStartInfo Quiet(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        return start;
    }

    /// <summary>Waits for the server without connecting, which it would take for the client: a listening socket stands in the kernel's table.</summary>
    private static async Task WaitUntilListeningAsync(int port)
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $":{port:X4} 00000000:0000 0A");
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(Settle))
        {
            if (File.ReadAllText("/proc/net/tcp").Contains(mark, StringComparison.Ordinal) || File.ReadAllText("/proc/net/tcp6").Contains($":{port:X4} 00000000000000000000000000000000:0000 0A", StringComparison.Ordinal))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
            {
                throw new BenchmarkException($"The server of {Program} does not listen.");
            }
        }
    }
}
