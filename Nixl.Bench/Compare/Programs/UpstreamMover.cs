using System.Globalization;
using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Programs;

/// <summary>The nixlbench of the C++ NIXL: two processes that find each other by address, the same operation, block and batch.</summary>
internal sealed class UpstreamMover(string program, string name, string group, string? transports, ProcessorPair? processors) : ProgramMover(processors)
{
    // "Block Size (B)  Batch Size  B/W (GB/Sec)  …": the third number of the last row.
    private const int BandwidthField = 2;

    private const long BufferBytesMin = 64 << 20;

    internal override string Name => name;

    internal override string? Group => group;

    internal override string Details
        => $"{program} --backend UCX --op_type WRITE, runtime ASIO, UCX_TLS={transports ?? "as UCX chooses"}, with the libucp that it was built for; averages on both sides; bytes as its own option checks them, not in the clock";

    protected override async Task<double> RunAsync(BlobCase one, int count, int port)
    {
        // It wants iterations that its threads divide, and memory for all blocks of a batch.
        string[] arguments =
        [
            "--backend", "UCX", "--runtime_type", "ASIO", "--asio_address", "127.0.0.1", "--asio_port", $"{port}", "--op_type", "WRITE",
            "--start_block_size", $"{one.PageBytes}", "--max_block_size", $"{one.PageBytes}", "--start_batch_size", $"{one.Pages}", "--max_batch_size", $"{one.Pages}",
            "--total_buffer_size", $"{Math.Max(BufferBytesMin, one.Bytes)}", "--num_iter", $"{count}", "--warmup_iter", $"{Math.Max(CountMin / 4, count / 20)}",
            "--large_blk_iter_ftr", "1",
        ];
        (string, string?)[] environment = [("UCX_TLS", transports), ("UCX_NET_DEVICES", "lo")];
        var outputs = await ProgramRun.RunAsync(default, Start(program, isTarget: false, arguments, environment), Start(program, isTarget: true, arguments, environment));
        var rate = outputs.Select(output => RateOf(output, one)).FirstOrDefault(static rate => rate > 0);
        return rate > 0 ? one.Bytes / rate : throw new BenchmarkException($"{name} wrote no result: {string.Join(' ', outputs).Trim()}");
    }

    /// <summary>The rate in GB/s, of the one of the two that is the initiator; 0 for the other.</summary>
    private static double RateOf(string output, BlobCase one)
    {
        var start = $"{one.PageBytes} ";
        var row = output.Split('\n').LastOrDefault(line => line.StartsWith(start, StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return row?.Length > BandwidthField && double.TryParse(row[BandwidthField], NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) ? rate : 0;
    }
}
