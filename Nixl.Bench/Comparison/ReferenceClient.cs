using System.Globalization;
using System.Text.RegularExpressions;

namespace Nixl.Bench.Comparison;

/// <summary>The C program's side of the comparison.</summary>
internal sealed partial class ReferenceClient : IClient
{
    private readonly ChildProcess _process;

    private ReferenceClient(ChildProcess process, string ready)
    {
        _process = process;
        Library = $"libucp {ready.Split(' ')[^1]}";
        var lanes = process.Remarks.SelectMany(static line => LanePattern().Matches(line)).Select(static match => match.Groups["name"].Value);
        Lanes = string.Join(", ", lanes.Distinct());
    }

    public string Library { get; }

    public string Lanes { get; }

    internal static async Task<ReferenceClient> OpenAsync(
        ReferenceProgram program, TargetProcess target, ReferenceSettings settings, ComparisonPlan plan, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "--mode", settings.ReportsPeerErrors ? "peer" : "none",
            "--wakeup", "1", // as an agent in its default progress mode asks for
            "--bytes", $"{plan.Bytes}",
            "--remote", $"{target.Memory.Address}",
            "--address", Convert.ToHexString(target.WorkerAddress.Span),
            "--key", Convert.ToHexString(target.PackedKey.Span),
            "--processor", $"{plan.Processors?.Client ?? -1}",
            .. settings.Values.SelectMany(static setting => new[] { "--set", $"{setting.Key}={setting.Value}" }),
        ];

        // libucp's log goes to stdout unless told otherwise, and stdout is for the answers.
        var process = ChildProcess.Start(program.Path, arguments, ("UCX_LOG_FILE", "stderr"), ("UCX_LOG_LEVEL", "error"));
        try
        {
            return new ReferenceClient(process, await process.AnswerAsync(cancellation));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public Task VerifyAsync(TransferShape shape, CancellationToken cancellation) => _process.AskAsync($"verify {shape.Size} {shape.Blocks}", cancellation);

    public Task<BlockTime> RunAsync(TransferOperation operation, TransferShape shape, int count, int warm, CancellationToken cancellation)
        => MeasureAsync($"run {(operation == TransferOperation.Write ? "put" : "get")} {shape.Size} {shape.Blocks} {count} {warm}", count, cancellation);

    public Task<BlockTime> CreateAsync(int count, CancellationToken cancellation) => MeasureAsync($"create {count}", count, cancellation);

    private async Task<BlockTime> MeasureAsync(string request, int count, CancellationToken cancellation)
    {
        var words = (await _process.AskAsync(request, cancellation)).Split(' ');
        return words is ["done", var wall, var median, var cpu]
            ? new BlockTime(ToNanoseconds(wall) / count, ToNanoseconds(median), ToNanoseconds(cpu) / count)
            : throw new BenchmarkException($"The reference program answered '{string.Join(' ', words)}'.");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static double ToNanoseconds(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    // Lines of ucp_ep_print_info such as "lane[0]:  1:tcp/lo.0 md[1] -> …": resource index, transport, device, path index.
    [GeneratedRegex(@"lane\[\d+\]:\s+\d+:(?<name>\S+/\S+)\.\d+\s+md\[")]
    private static partial Regex LanePattern();
}
