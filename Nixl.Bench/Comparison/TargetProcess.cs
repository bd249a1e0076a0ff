using Nixl.Bench.Commands;
using Nixl.Metadata;

namespace Nixl.Bench.Comparison;

/// <summary>The process on the other side: an agent whose memory both programs read and write.</summary>
internal sealed class TargetProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private TargetProcess(ChildProcess process, byte[] blob, AgentMetadata metadata)
    {
        _process = process;
        Blob = blob;
        WorkerAddress = metadata.Connections.Single().Info;
        var region = metadata.Sections.Single().Regions.Single();
        Memory = region.Range;
        PackedKey = region.PublicData;
    }

    /// <summary>The agent's metadata, for another agent.</summary>
    internal byte[] Blob { get; }

    /// <summary>libucp's worker address, for a program without an agent.</summary>
    internal ReadOnlyMemory<byte> WorkerAddress { get; }

    /// <summary>The one registered range.</summary>
    internal MemoryDescriptor Memory { get; }

    /// <summary>libucp's packed remote key of that range.</summary>
    internal ReadOnlyMemory<byte> PackedKey { get; }

    internal static async Task<TargetProcess> StartAsync(ComparisonPlan plan, UcxParameters parameters, CancellationToken cancellation)
    {
        var (file, first) = OwnCommand();
        string[] processor = plan.Processors is null ? [] : ["--processor", $"{plan.Processors.Target}"];
        var process = ChildProcess.Start(
            file,
            [.. first, TargetCommand.Verb, "--bytes", $"{plan.Bytes}", "--progress", $"{plan.TargetProgress}", .. processor, .. parameters.ToArguments()]);
        try
        {
            var blob = Convert.FromHexString(await process.AnswerAsync(cancellation));
            return AgentMetadataCodec.TryDecode(blob, MetadataLimits.Default, out var metadata, out var error)
                ? new TargetProcess(process, blob, metadata)
                : throw new BenchmarkException($"The target's metadata cannot be read: {error}");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>How to start this program again: its own executable, or the host with the assembly.</summary>
    internal static (string File, string[] First) OwnCommand()
    {
        var file = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(file) == "dotnet" ? (file, [Environment.GetCommandLineArgs()[0]]) : (file, []);
    }
}
