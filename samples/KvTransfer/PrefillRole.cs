using System.Net;

namespace Nixl.Samples.KvTransfer;

/// <summary>The prefill process: owns the cache that it computed, lets decode read it, and takes the result.</summary>
internal sealed class PrefillRole
{
    private const int PoolSeed = 1;

    private readonly SampleOptions _options;
    private readonly CacheGeometry _geometry;
    private readonly NixlAgent _agent;
    private readonly PagePool _pool;
    private readonly NixlMemory _logits;
    private readonly CancellationToken _cancellation;

    private PrefillRole(SampleOptions options, NixlAgent agent, PagePool pool, NixlMemory logits, CancellationToken cancellation)
    {
        _options = options;
        _geometry = options.Geometry;
        _agent = agent;
        _pool = pool;
        _logits = logits;
        _cancellation = cancellation;
    }

    /// <summary>Runs the process until decode needs it no more.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SampleOptions options)
    {
        using var signals = new ShutdownSignals(leaveInterruptToParent: true);
        using var decode = new DecodeLink();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signals.Token, decode.Token);
        try
        {
            return await ServeAsync(options, decode, ended.Token).ConfigureAwait(false);
        }
        catch (NixlException failure) when (!ended.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(failure.Message).ConfigureAwait(false);
            return 1;
        }
        catch (Exception failure) when (ended.IsCancellationRequested && failure is OperationCanceledException or NixlException)
        {
            return signals.ExitCode ?? (await decode.Stopped.ConfigureAwait(false) ? 0 : 1);
        }
    }

    private static async Task<int> ServeAsync(SampleOptions options, DecodeLink decode, CancellationToken cancellation)
    {
        await using var agent = SampleAgent.Create(SampleAgent.Prefill, options, new IPEndPoint(IPAddress.Loopback, 0));
        using var pool = new PagePool(agent, options.Geometry, PoolSeed);
        using var logits = agent.AllocateMemory(Logits.TotalBytes(options.Geometry), new MemoryAllocationOptions { Name = "logits" });
        agent.Register(logits);

        // Everything that decode reaches is registered now, so the metadata that it fetches is complete.
        DecodeLink.Announce(agent.ListenEndPoint!);
        await agent.WaitForPeerAsync(SampleAgent.Decode, null, cancellation).ConfigureAwait(false);

        var isRight = await new PrefillRole(options, agent, pool, logits, cancellation).ServeDecodeAsync().ConfigureAwait(false);

        // The verdict is on its way: the agent stays until decode has it.
        await Task.WhenAny(decode.Stopped, Task.Delay(options.Timeout, cancellation)).ConfigureAwait(false);
        return isRight ? 0 : 1;
    }

    private async Task<bool> ServeDecodeAsync()
    {
        var announcement = new CacheAnnouncement(_pool.Address, _logits.Address);
        Messages.Send(_agent, SampleAgent.Decode, Messages.CacheTag, announcement, MessageJson.Default.CacheAnnouncement);
        ComputeFirst();
        await WaitForReadsAsync().ConfigureAwait(false);

        for (var generation = 2; generation <= _options.LastGeneration; generation++)
        {
            // Every request was read, so its pages may be written again.
            ComputeAgain(generation);
            Messages.Send(_agent, SampleAgent.Decode, Messages.Generation(generation));
            await WaitForReadsAsync().ConfigureAwait(false);
        }

        await Messages.WaitAsync(_agent, SampleAgent.Decode, Messages.LogitsTag, _cancellation).ConfigureAwait(false);
        var problem = CheckLogits();
        Messages.Send(_agent, SampleAgent.Decode, Messages.VerdictTag + (problem ?? Messages.Approval));
        return problem is null;
    }

    /// <summary>Writes the first content and sends each request's page table as soon as its pages are there, as a prefill engine does.</summary>
    private void ComputeFirst()
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            Compute(generation: 1, request);
            if (_options.Corruption == Corruption.Flip && request == _geometry.RequestCount - 1)
            {
                _pool.Block(CacheGeometry.Planes - 1, _pool.PagesOf(request)[^1])[CacheGeometry.BlockWords / 2] ^= 1;
            }

            Messages.Send(_agent, SampleAgent.Decode, Messages.PagesTag, TableOf(request), MessageJson.Default.PageTable);
        }
    }

    private void ComputeAgain(int generation)
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            Compute(generation, request);
        }
    }

    private void Compute(int generation, int request)
    {
        var pages = _pool.PagesOf(request).Length;
        var isStale = _options.Corruption == Corruption.Stale && generation > 1 && request == _geometry.RequestCount - 1;
        for (var page = 0; page < (isStale ? pages - 1 : pages); page++)
        {
            _cancellation.ThrowIfCancellationRequested();
            _pool.FillPage(generation, request, page);
        }
    }

    private PageTable TableOf(int request)
    {
        var pages = _pool.PagesOf(request).ToArray();
        if (_options.Corruption == Corruption.Swap)
        {
            var (first, second) = (_pool.PageOfPrompt(0), _pool.PageOfPrompt(1));
            pages = [.. pages.Select(page => page == first ? second : page == second ? first : page)];
        }

        return new PageTable(request, pages);
    }

    private async Task WaitForReadsAsync()
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            await Messages.WaitAsync(_agent, SampleAgent.Decode, Messages.Done(request), _cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What is wrong with the result, or null.</summary>
    private string? CheckLogits()
    {
        for (var request = 0; request < _geometry.RequestCount; request++)
        {
            if (!_pool.VerifyRequest(_options.LastGeneration, request, out var digest, out var mismatch))
            {
                return $"prefill's own pages changed: {mismatch}";
            }

            if (!Logits.Verify(_logits, request, digest))
            {
                return $"the logits of request {request} are wrong";
            }
        }

        return null;
    }
}
