using System.Globalization;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.SharedMemory;

/// <summary>The C program, with the target whose memory it fills.</summary>
internal sealed class ShmReference : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ShmReference(ChildProcess process) => _process = process;

    internal static async Task<ShmReference> OpenAsync(ReferenceProgram program, ShmPlan plan, ShmTargetProcess target, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "--processor", $"{plan.Processors?.Client ?? -1}",
            "--other", $"{plan.Processors?.Target ?? -1}",
            "--bytes", $"{plan.Bytes}",
            "--pid", $"{target.ProcessId}",
            "--address", $"{target.Address}",
        ];
        var process = ChildProcess.Start(program.Path, arguments);
        try
        {
            await process.AnswerAsync(cancellation);
            return new ShmReference(process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    internal async Task<BlockTime> RunAsync(ShmCase one, int count, int warm, CancellationToken cancellation)
    {
        var words = (await _process.AskAsync($"{one.Reference} {one.Size} {count} {warm}", cancellation)).Split(' ');
        return words is ["done", var wall, var median, var cpu]
            ? new BlockTime(ToNanoseconds(wall) / count, ToNanoseconds(median), ToNanoseconds(cpu) / count)
            : throw new BenchmarkException($"The reference program answered '{string.Join(' ', words)}'.");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static double ToNanoseconds(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
