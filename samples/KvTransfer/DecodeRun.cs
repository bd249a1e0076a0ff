using System.Diagnostics;
using System.Text;

namespace Nixl.Samples.KvTransfer;

/// <summary>Decode's work: read the pages of every request, verify them, read them again after prefill changed them, write the result back.</summary>
internal sealed class DecodeRun(SampleOptions options, NixlAgent agent, RunProgress progress)
{
    private const int PoolSeed = 2;

    private readonly CacheGeometry _geometry = options.Geometry;
    private readonly TransferStep _read = new("read", movesPages: true);
    private readonly TransferStep _repost = new(options.Reposts == 1 ? "read again" : $"read again, {options.Reposts} times", movesPages: true);
    private readonly TransferStep _write = new("write logits", movesPages: false);
    private readonly ulong[] _digests = new ulong[options.Geometry.RequestCount];

    /// <summary>The steps that took place.</summary>
    public IEnumerable<TransferStep> Steps => new[] { _read, _repost, _write }.Where(static step => step.HasRun);

    /// <summary>What became of pages that went to storage and back.</summary>
    public IReadOnlyList<OffloadReport> Offloads { get; private set; } = [];

    /// <summary>The transports towards prefill; empty until connected.</summary>
    public string Transports { get; private set; } = "";

    /// <summary>The native library that the engine drives.</summary>
    public string Library { get; } = agent.Backends[0].Library;

    /// <summary>The first byte that was wrong, in words; null when none was.</summary>
    public string? Mismatch { get; private set; }

    /// <summary>Whether everything was done and every byte was right.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Does it all.</summary>
    /// <param name="prefill">The started prefill process.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="NixlException">A transfer failed, or the other process did not answer in time.</exception>
    public async Task ExecuteAsync(PrefillProcess prefill, CancellationToken cancellation)
    {
        using var pool = new PagePool(agent, _geometry, PoolSeed);
        using var logits = agent.AllocateMemory(Logits.TotalBytes(_geometry), new MemoryAllocationOptions { Name = "logits" });
        agent.Register(logits);

        // Metadata both ways, once: decode to read and write prefill's memory, prefill to notify decode.
        var listener = await prefill.WaitForListenerAsync(options.Timeout, cancellation).ConfigureAwait(false);
        await agent.FetchRemoteMetadataAsync(listener, SampleAgent.Prefill, cancellation).ConfigureAwait(false);
        await agent.SendLocalMetadataAsync(listener, cancellation).ConfigureAwait(false);
        agent.Connect(SampleAgent.Prefill);
        Transports = agent.DescribeTransports(options.Engine, SampleAgent.Prefill);

        var cache = await Messages.ReceiveAsync(
            agent, SampleAgent.Prefill, Messages.CacheTag, MessageJson.Default.CacheAnnouncement, cancellation).ConfigureAwait(false);
        if (await ReadAllAsync(pool, cache, cancellation).ConfigureAwait(false))
        {
            Offloads = await new PageOffload(options, pool).RunAsync(cancellation).ConfigureAwait(false);
            await WriteLogitsAsync(logits, cache, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and verifies every generation; false at the first that is not right.</summary>
    private async Task<bool> ReadAllAsync(PagePool pool, CacheAnnouncement cache, CancellationToken cancellation)
    {
        // Each side is resolved once, for all of its blocks; a request then is two lists of indices.
        using var local = agent.PrepareDescriptors(NixlAgent.LocalSide, _geometry.DescribeBlocks(pool.Address));
        using var remote = agent.PrepareDescriptors(SampleAgent.Prefill, _geometry.DescribeBlocks(cache.PoolAddress));
        using var reads = new RequestReads(_geometry, pool);
        for (var received = 0; received < _geometry.RequestCount; received++)
        {
            var table = await Messages.ReceiveAsync(
                agent, SampleAgent.Prefill, Messages.PagesTag, MessageJson.Default.PageTable, cancellation).ConfigureAwait(false);
            if (table.Problem(_geometry) is { } problem)
            {
                throw Messages.Malformed(agent, SampleAgent.Prefill, Messages.PagesTag, problem);
            }

            reads.Add(agent, local, remote, table);
            progress.Computed.Add((long)table.Pages.Length * CacheGeometry.PageBytes);
        }

        for (var generation = 1; generation <= options.LastGeneration; generation++)
        {
            var step = generation == 1 ? _read : _repost;
            if (generation > 1)
            {
                await Messages.WaitAsync(agent, SampleAgent.Prefill, Messages.Generation(generation), cancellation).ConfigureAwait(false);
                progress.Computed.Add(_geometry.PoolBytes);
            }

            await reads.RunAsync(options.InFlight, step, progress.Read, cancellation).ConfigureAwait(false);
            step.IsVerified = Verify(pool, generation, cancellation);
            if (step.IsVerified != true)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Compares every byte. Between the rounds and not during them, so that it takes no time from what is measured.</summary>
    private bool Verify(PagePool pool, int generation, CancellationToken cancellation)
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!pool.VerifyRequest(generation, request, out _digests[request], out var mismatch))
            {
                Mismatch = mismatch;
                return false;
            }

            progress.Verified.Add((long)pool.PagesOf(request).Length * CacheGeometry.PageBytes);
        }

        return true;
    }

    /// <summary>Writes one row of logits per request into prefill's memory, in one transfer, and has prefill check them.</summary>
    private async Task WriteLogitsAsync(NixlMemory logits, CacheAnnouncement cache, CancellationToken cancellation)
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            Logits.Fill(logits, request, _digests[request]);
        }

        var begin = Stopwatch.GetTimestamp();
        await agent.TransferAsync(
            TransferOperation.Write,
            Logits.DescribeRows(logits.Address, _geometry),
            Logits.DescribeRows(cache.LogitsAddress, _geometry),
            SampleAgent.Prefill,
            new TransferOptions { Notification = Encoding.UTF8.GetBytes(Messages.LogitsTag) },
            cancellation).ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        _write.Add(elapsed, logits.Length, [elapsed]);

        var verdict = await Messages.ReceiveAsync(agent, SampleAgent.Prefill, Messages.VerdictTag, cancellation).ConfigureAwait(false);
        IsComplete = verdict == Messages.Approval;
        _write.IsVerified = IsComplete;
        Mismatch = IsComplete ? null : verdict;
    }
}
