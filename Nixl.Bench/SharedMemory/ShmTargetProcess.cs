using System.Globalization;
using Nixl.Bench.Commands;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.SharedMemory;

/// <summary>The process on the other side.</summary>
internal sealed class ShmTargetProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ShmTargetProcess(ChildProcess process, string[] ready)
    {
        _process = process;
        ProcessId = int.Parse(ready[0], CultureInfo.InvariantCulture);
        Address = ulong.Parse(ready[1], CultureInfo.InvariantCulture);
        Blob = Convert.FromHexString(ready[2]);
    }

    internal int ProcessId { get; }

    /// <summary>Where its memory begins.</summary>
    internal ulong Address { get; }

    /// <summary>Its agent's metadata.</summary>
    internal byte[] Blob { get; }

    internal static async Task<ShmTargetProcess> StartAsync(ShmPlan plan, BackendSelection backend, ShmMemoryKind kind, CancellationToken cancellation)
    {
        var (file, first) = TargetProcess.OwnCommand();
        string[] processor = plan.Processors is null ? [] : ["--processor", $"{plan.Processors.Target}"];
        var parameters = (backend.Parameters ?? new Dictionary<string, string>()).SelectMany(static pair => new[] { "--parameter", $"{pair.Key}={pair.Value}" });
        var process = ChildProcess.Start(
            file, [.. first, ShmTargetCommand.Verb, "--backend", backend.Name, "--memory", $"{kind}", "--bytes", $"{plan.Bytes}", .. processor, .. parameters]);
        try
        {
            return new ShmTargetProcess(process, (await process.AnswerAsync(cancellation)).Split(' '));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it to do something.</summary>
    internal async Task TellAsync(string command, CancellationToken cancellation)
    {
        if (await _process.AskAsync(command, cancellation) is var answer && answer != "done")
        {
            throw new BenchmarkException($"the target refused '{command.Split(' ')[0]}': {answer}");
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
