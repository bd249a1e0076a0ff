using System.Collections.Concurrent;
using System.Diagnostics;

namespace Nixl.Backends.S3.Transfers;

/// <summary>Drops what uploads that failed or were canceled left in the store: at once where it answers, and again and again where it does not, as long as the
/// engine lives.</summary>
internal sealed class UploadJanitor(Store store) : IDisposable
{
    // How long the end of a transfer waits for its upload to be dropped: memory is free by then, but who sees the end may look for leftovers.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(1);

    // How long the end of the agent waits for what is left.
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RoundPause = TimeSpan.FromSeconds(1);

    // By how much the store's clock and ours may differ where an upload is known by its time only.
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, bool> _own = new();
    private readonly ConcurrentDictionary<string, (int Active, long All)> _beginnings = new();
    private readonly ConcurrentQueue<Leftover> _leftovers = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _rounds;
    private int _searches;

    /// <summary>Uploads that are still to be dropped.</summary>
    internal int Pending => _leftovers.Count;

    /// <summary>An upload of this key is being begun: until <see cref="Begun"/>, the store may list one of ours whose id is not known here yet.</summary>
    internal void Begin(string key) => _beginnings.AddOrUpdate(key, static _ => (1, 1), static (_, known) => (known.Active + 1, known.All + 1));

    /// <summary>The beginning is over, one way or the other.</summary>
    internal void Begun(string key)
    {
        var left = _beginnings.AddOrUpdate(key, static _ => (0, 0), static (_, known) => (known.Active - 1, known.All));
        if (left.Active == 0 && Volatile.Read(ref _searches) == 0)
        {
            // Nobody compares: who begins to search now finds nothing, and a beginning after that is a change.
            _beginnings.TryRemove(new KeyValuePair<string, (int, long)>(key, left));
        }
    }

    /// <summary>An upload of ours is under way.</summary>
    internal void Expect(string uploadId) => _own[uploadId] = true;

    /// <summary>So many uploads may have been begun, since <paramref name="begun"/>, whose ids never came back.</summary>
    internal void LookFor(string key, int count, DateTimeOffset begun)
    {
        Interlocked.Increment(ref _searches);
        Enqueue(new Leftover(key, null, count, begun, DateTimeOffset.UtcNow));
    }

    /// <summary>An upload is over. Drops it where it must be; later where that does not succeed soon.</summary>
    internal async Task SettleAsync(string key, string uploadId, bool mustDrop)
    {
        if (mustDrop)
        {
            using var limit = new CancellationTokenSource(SettleLimit);
            if (!await TryDropAsync(key, uploadId, limit.Token).ConfigureAwait(false))
            {
                Enqueue(new Leftover(key, uploadId, 1, default, default));
                return;
            }
        }

        _own.TryRemove(uploadId, out _);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var start = Stopwatch.GetTimestamp();
        while (!_leftovers.IsEmpty && Stopwatch.GetElapsedTime(start) < DisposeLimit && _rounds is { IsCompleted: false } rounds)
        {
            rounds.Wait(RoundPause);
        }

        _stop.Cancel();
        _rounds?.Wait(DisposeLimit);
        foreach (var leftover in _leftovers)
        {
            store.Logger.UploadLeft(store.Agent, $"{store.Options.Place}/{leftover.Key}", leftover.UploadId ?? "not known");
        }

        _stop.Dispose();
    }

    private void Enqueue(Leftover leftover)
    {
        store.Logger.UploadPending(store.Agent, $"{store.Options.Place}/{leftover.Key}", leftover.UploadId ?? "not known");
        _leftovers.Enqueue(leftover);
        lock (_leftovers)
        {
            if (_rounds is null or { IsCompleted: true })
            {
                _rounds = Task.Run(MakeRoundsAsync);
            }
        }
    }

    private async Task MakeRoundsAsync()
    {
        while (!_leftovers.IsEmpty && !_stop.IsCancellationRequested)
        {
            for (var left = _leftovers.Count; left > 0 && _leftovers.TryDequeue(out var leftover); left--)
            {
                using var guard = new StallGuard(store.Options.Stall, _stop.Token);
                var isDropped = leftover.UploadId is { } uploadId
                    ? await TryDropAsync(leftover.Key, uploadId, guard.Token).ConfigureAwait(false)
                    : await TryFindAsync(leftover, guard.Token).ConfigureAwait(false);
                if (!isDropped)
                {
                    _leftovers.Enqueue(leftover);
                }
                else if (leftover.UploadId is not null)
                {
                    _own.TryRemove(leftover.UploadId, out _);
                }
                else
                {
                    Interlocked.Decrement(ref _searches);
                }
            }

            await Task.Delay(RoundPause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryDropAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            await store.Client.AbortAsync(key, uploadId, cancellationToken).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, it is tried again and reported at the end.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <summary>Looks for uploads by key and time. As many as were lost, or fewer, that nobody here knows are ours; of more, none is touched: some are somebody
    /// else's.</summary>
    private async Task<bool> TryFindAsync(Leftover leftover, CancellationToken cancellationToken)
    {
        try
        {
            var before = _beginnings.GetValueOrDefault(leftover.Key);
            var open = await store.Client.ListUploadsAsync(leftover.Key, cancellationToken).ConfigureAwait(false);
            if (before.Active > 0 || _beginnings.GetValueOrDefault(leftover.Key) != before)
            {
                return false; // one of those listed may be ours and live
            }

            var found = open.Where(upload => !_own.ContainsKey(upload.UploadId)
                && upload.Initiated >= leftover.From - ClockSlack && upload.Initiated <= leftover.To + ClockSlack).ToList();
            foreach (var upload in found.Take(found.Count <= leftover.Count ? found.Count : 0))
            {
                await store.Client.AbortAsync(leftover.Key, upload.UploadId, cancellationToken).ConfigureAwait(false);
            }

            if (found.Count > leftover.Count)
            {
                store.Logger.UploadLeft(store.Agent, $"{store.Options.Place}/{leftover.Key}", string.Join(" or ", found.Select(static upload => upload.UploadId)));
            }

            return true;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <summary>What is to be dropped: an upload, or so many that may have been begun in a time.</summary>
    private sealed record Leftover(string Key, string? UploadId, int Count, DateTimeOffset From, DateTimeOffset To);
}
