using System.Diagnostics;

namespace Nixl.Samples.KvTransfer;

/// <summary>Moves some pages out of the pool to storage, clears them, and brings them back: what a cache does with the pages of a conversation that rests.</summary>
/// <remarks>A page is 64 blocks that lie far apart in memory, and one file or object there: each transfer gathers and scatters them.</remarks>
internal sealed class PageOffload(SampleOptions options, PagePool pool)
{
    /// <summary>Where the OBJ backend finds its bucket.</summary>
    private const string BucketVariable = "AWS_DEFAULT_BUCKET";

    // Enough to see the rates; the rest of the cache stays where it is.
    private const int PagesMax = 16;
    private const int Request = 0;

    private readonly int[] _pages = pool.PagesOf(Request)[..Math.Min(PagesMax, pool.PagesOf(Request).Length)].ToArray();

    /// <summary>Files, then objects. What this machine does not have is left out with the reason; what fails is an error.</summary>
    /// <exception cref="NixlException">A transfer failed, or brought other bytes back.</exception>
    public async Task<IReadOnlyList<OffloadReport>> RunAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("nixl-kv-");
        try
        {
            return
            [
                await ToAsync("POSIX", "files", MemoryType.File, page => $"rw,create:{Path.Combine(folder.FullName, $"page-{page}")}", null, cancellation).ConfigureAwait(false),
                await ToAsync(
                    "OBJ", "objects", MemoryType.Object, static page => $"nixl-demo/page-{page}",
                    Environment.GetEnvironmentVariable(BucketVariable) is { Length: > 0 } ? null : $"no object store is configured ({BucketVariable}; build/with-radosgw.sh starts one)",
                    cancellation).ConfigureAwait(false),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<OffloadReport> ToAsync(
        string engine, string storage, MemoryType type, Func<int, string> name, string? reason, CancellationToken cancellation)
    {
        var bytes = (long)_pages.Length * CacheGeometry.PageBytes;
        if (reason is not null || Open(engine, out reason) is not { } agent)
        {
            return new OffloadReport(engine, storage, 0, 0, 0, 0, reason);
        }

        await using (agent.ConfigureAwait(false))
        {
            using var memory = agent.Register(pool.Describe());
            using var stored = agent.Register(new RegistrationList(type, [.. _pages.Select((_, i) => new RegistrationDescriptor(new MemoryDescriptor(0, 0, (ulong)i + 1), name(i)))]));
            var (blocks, places) = Lists(type);
            var start = Stopwatch.GetTimestamp();
            await agent.TransferAsync(TransferOperation.Write, blocks, places, agent.Name, null, cancellation).ConfigureAwait(false);
            var there = Stopwatch.GetElapsedTime(start);
            Clear();
            start = Stopwatch.GetTimestamp();
            await agent.TransferAsync(TransferOperation.Read, blocks, places, agent.Name, null, cancellation).ConfigureAwait(false);
            var back = Stopwatch.GetElapsedTime(start);
            return pool.VerifyRequest(options.LastGeneration, Request, out _, out var mismatch)
                ? new OffloadReport(engine, storage, _pages.Length, bytes, there.TotalSeconds, back.TotalSeconds, null)
                : throw new NixlException(NixlStatus.Mismatch, "Offload", $"the pages came back from {storage} with other bytes: {mismatch}") { Agent = agent.Name, Backend = engine };
        }
    }

    /// <summary>An agent of its own for this storage; null with the reason where the backend is not there or not set up.</summary>
    private NixlAgent? Open(string engine, out string? reason)
    {
        var settings = new NixlAgentOptions { PluginDirectories = options.PluginDirectories, TransferTimeout = options.Timeout };
        settings.Backends.Add(engine);
        try
        {
            reason = null;
            return new NixlAgent("offload", settings);
        }
        catch (NixlException absent)
        {
            reason = absent.Message;
            return null;
        }
    }

    /// <summary>The pages' blocks, and where each lies in its file or object: plane after plane.</summary>
    private (DescriptorList Blocks, DescriptorList Places) Lists(MemoryType type)
    {
        var blocks = new DescriptorList(MemoryType.Dram, _pages.Length * CacheGeometry.Planes);
        var places = new DescriptorList(type, _pages.Length * CacheGeometry.Planes);
        for (var page = 0; page < _pages.Length; page++)
        {
            for (var plane = 0; plane < CacheGeometry.Planes; plane++)
            {
                var block = options.Geometry.BlockOf(plane, _pages[page]);
                blocks.Add(pool.Address + ((ulong)block * CacheGeometry.BlockBytes), CacheGeometry.BlockBytes);
                places.Add(new MemoryDescriptor((ulong)plane * CacheGeometry.BlockBytes, CacheGeometry.BlockBytes, (ulong)page + 1));
            }
        }

        return (blocks, places);
    }

    private void Clear()
    {
        foreach (var page in _pages)
        {
            for (var plane = 0; plane < CacheGeometry.Planes; plane++)
            {
                pool.Block(plane, page).Clear();
            }
        }
    }
}
