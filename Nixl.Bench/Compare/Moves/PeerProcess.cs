using System.Globalization;
using Nixl.Bench.Commands;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>The process on the other side.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private long _askingAllocates;

    private PeerProcess(ChildProcess process, int processId) => (_process, ProcessId) = (process, processId);

    /// <summary>Its number.</summary>
    internal int ProcessId { get; }

    internal static async Task<PeerProcess> StartAsync(long bytes, int? processor, CancellationToken cancellation)
    {
        var (file, first) = TargetProcess.OwnCommand();
        string[] bound = processor is { } one ? ["--processor", $"{one}"] : [];
        var process = ChildProcess.Start(file, [.. first, ComparePeerCommand.Verb, "--bytes", $"{bytes}", .. bound]);
        try
        {
            var peer = new PeerProcess(process, int.Parse(await process.AnswerAsync(cancellation), CultureInfo.InvariantCulture));
            await peer.AllocatedAsync(cancellation);
            var before = await peer.AllocatedAsync(cancellation);
            peer._askingAllocates = await peer.AllocatedAsync(cancellation) - before;
            return peer;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a receiver and gives its address.</summary>
    internal Task<string> OpenAsync(string key, string kind, IEnumerable<string> arguments, CancellationToken cancellation)
        => _process.AskAsync(string.Join(' ', ["open", key, kind, .. arguments.Select(Uri.EscapeDataString)]), cancellation);

    /// <summary>Tells every receiver what comes next.</summary>
    internal Task PrepareAsync(BlobCase one, CancellationToken cancellation) => _process.AskAsync($"case {one.Pages} {one.PageBytes}", cancellation);

    /// <summary>Compares what a receiver has with what its mover was told to fill.</summary>
    /// <exception cref="BenchmarkException">It is something else.</exception>
    internal async Task CheckAsync(Mover mover, ulong seed, CancellationToken cancellation)
    {
        var page = mover.CheckHere(seed)?.ToString(CultureInfo.InvariantCulture) ?? await _process.AskAsync($"check {mover.Key} {seed}", cancellation);
        if (page != "-1")
        {
            throw new BenchmarkException($"{mover.Name}: page {page} that arrived is not the one that was sent.");
        }
    }

    /// <summary>Managed bytes that the process has allocated.</summary>
    internal async Task<long> AllocatedAsync(CancellationToken cancellation)
        => long.Parse(await _process.AskAsync("allocated", cancellation), CultureInfo.InvariantCulture);

    /// <summary>The growth since <paramref name="before"/>, without what asking for it takes.</summary>
    internal async Task<long> AllocatedSinceAsync(long before, CancellationToken cancellation)
        => Math.Max(0, await AllocatedAsync(cancellation) - before - _askingAllocates);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
