using System.Diagnostics;

namespace Nixl.Samples.KvTransfer;

/// <summary>The transfers that read each request's pages, made once and posted once per round.</summary>
internal sealed class RequestReads(CacheGeometry geometry, PagePool pool) : IDisposable
{
    private readonly Transfer?[] _transfers = new Transfer?[geometry.RequestCount];

    /// <summary>Makes the transfer of one request: every plane of every page, from where prefill has it to where this pool has room for it.</summary>
    public void Add(NixlAgent agent, PreparedDescriptors local, PreparedDescriptors remote, PageTable table)
    {
        var localPages = pool.PagesOf(table.Request);
        var localBlocks = new int[localPages.Length * CacheGeometry.Planes];
        var remoteBlocks = new int[localBlocks.Length];
        for (int plane = 0, i = 0; plane < CacheGeometry.Planes; plane++)
        {
            for (var page = 0; page < localPages.Length; page++, i++)
            {
                localBlocks[i] = geometry.BlockOf(plane, localPages[page]);
                remoteBlocks[i] = geometry.BlockOf(plane, table.Pages[page]);
            }
        }

        // Prefill hears of every read in the same breath, and only after it: then it may use the pages for something else.
        var options = new TransferOptions { Notification = System.Text.Encoding.UTF8.GetBytes(Messages.Done(table.Request)) };
        _transfers[table.Request]?.Dispose();
        _transfers[table.Request] = agent.MakeTransfer(TransferOperation.Read, local, localBlocks, remote, remoteBlocks, options);
    }

    /// <summary>Reads every request once, several at a time, and measures it.</summary>
    /// <exception cref="NixlException">A request failed.</exception>
    public async Task RunAsync(int inFlight, TransferStep step, ProgressCounter progress, CancellationToken cancellation)
    {
        var latencies = new TimeSpan[_transfers.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = inFlight, CancellationToken = cancellation };
        var begin = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, _transfers.Length), options, async (request, token) =>
        {
            var transfer = _transfers[request]!;
            var posted = Stopwatch.GetTimestamp();
            var status = await transfer.PostAsync(token).ConfigureAwait(false);
            latencies[request] = Stopwatch.GetElapsedTime(posted);
            if (status == NixlStatus.Canceled)
            {
                token.ThrowIfCancellationRequested();
            }

            transfer.ThrowIfFailed();
            progress.Add(transfer.TotalBytes);
        }).ConfigureAwait(false);
        step.Add(Stopwatch.GetElapsedTime(begin), geometry.PoolBytes, latencies);
    }

    public void Dispose()
    {
        foreach (var transfer in _transfers)
        {
            transfer?.Dispose();
        }
    }
}
