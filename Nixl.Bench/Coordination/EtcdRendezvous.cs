using System.Diagnostics;
using System.Text;

namespace Nixl.Bench.Coordination;

/// <summary>A rank of a run whose ranks meet in etcd.</summary>
internal sealed class EtcdRendezvous : IRendezvous
{
    // A process that dies is noticed when its lease ends. It is renewed every second; a machine may stand still for a few.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(80);

    private readonly EtcdBoard _board;
    private readonly EtcdKeys _keys;
    private readonly RendezvousSettings _settings;
    private readonly RunBreak _break = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _lease;
    private readonly Task _watching;
    private readonly Task _renewing;
    private readonly CancellationTokenSource _renewal;
    private readonly bool[] _left;
    private int _next;
    private bool _isLeaving;

    private EtcdRendezvous(EtcdBoard board, RendezvousSettings settings, long lease, (Task Task, CancellationTokenSource Stop) renewal, EtcdKeys keys, int rank)
    {
        (_board, _settings, _lease, _keys, Rank) = (board, settings, lease, keys, rank);
        (_renewing, _renewal) = renewal;
        _left = new bool[settings.Count];
        _watching = Task.Run(WatchAsync);
    }

    public int Rank { get; }

    public int Count => _settings.Count;

    public CancellationToken Broken => _break.Token;

    public void ThrowIfBroken() => _break.ThrowIfBroken();

    /// <summary>Meets the others.</summary>
    /// <exception cref="BenchmarkException">Names the ranks that did not come, or what etcd says.</exception>
    internal static async Task<EtcdRendezvous> JoinAsync(RendezvousSettings settings, CancellationToken cancellation)
    {
        var board = EtcdBoard.Open(settings.EtcdEndpoints!);
        var renewal = new CancellationTokenSource();
        var renewing = Task.CompletedTask;
        long lease = 0;
        try
        {
            lease = await board.GrantAsync(TimeToLive, cancellation);
            renewing = Task.Run(() => RenewAsync(board, lease, renewal.Token), CancellationToken.None);
            var (keys, rank) = await new EtcdAdmission(board, settings, lease).EnterAsync(cancellation);
            return new EtcdRendezvous(board, settings, lease, (renewing, renewal), keys, rank);
        }
        catch
        {
            await EndAsync(board, lease, renewing, renewal);
            throw;
        }
    }

    public async Task<IReadOnlyList<byte[]>> AllGatherAsync(string label, ReadOnlyMemory<byte> blob, CancellationToken cancellation)
    {
        RendezvousLimits.CheckBlob(label, blob.Length);
        ThrowIfBroken();
        var number = _next++;
        var start = Stopwatch.GetTimestamp();
        byte[] part = [.. Encoding.UTF8.GetBytes(label), 0, .. blob.Span];
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Broken);
        try
        {
            await _board.PutAsync(_keys.Part(number, Rank), part, _lease, either.Token);
            for (var pause = FirstPause; await _board.CountAsync(_keys.Exchange(number), either.Token) < Count; pause = Longer(pause))
            {
                if (Stopwatch.GetElapsedTime(start) >= _settings.Limit)
                {
                    await BreakAsync(label, number, either.Token);
                }

                await Task.Delay(pause, either.Token);
            }

            return await ReadPartsAsync(label, number, either.Token);
        }
        catch (OperationCanceledException) when (Broken.IsCancellationRequested)
        {
            ThrowIfBroken();
            throw;
        }
    }

    public async Task AbortAsync(string reason)
    {
        try
        {
            // A lease of its own: this rank's ends with this rank.
            var lease = await _board.GrantAsync(TimeToLive * 2, _stop.Token);
            await _board.PutAsync(_keys.Failed(Rank), Encoding.UTF8.GetBytes(reason), lease, _stop.Token);
        }
        catch (Exception unheard) when (unheard is BenchmarkException or OperationCanceledException)
        {
            // The others see that this rank is gone.
        }
    }

    public async Task LeaveAsync()
    {
        Volatile.Write(ref _isLeaving, true);
        using var limit = new CancellationTokenSource(RendezvousLimits.Farewell);
        try
        {
            await _board.PutAsync(_keys.Left(Rank), default, _lease, limit.Token);

            // Others may still read what this rank's lease holds.
            for (var pause = FirstPause; ; pause = Longer(pause))
            {
                var presence = await EtcdPresence.ReadAsync(_board, _keys, Count, limit.Token);
                if (Enumerable.Range(0, Count).All(rank => presence.HasLeft(rank) || presence.Member(rank) is null))
                {
                    return;
                }

                await Task.Delay(pause, limit.Token);
            }
        }
        catch (Exception late) when (late is OperationCanceledException or BenchmarkException)
        {
            // Time is up, or etcd is gone: the lease ends by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isLeaving, true);
        await _stop.CancelAsync();
        await _watching;
        await EndAsync(_board, _lease, _renewing, _renewal);
        _stop.Dispose();
        _break.Dispose();
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    private static async Task EndAsync(EtcdBoard board, long lease, Task renewing, CancellationTokenSource renewal)
    {
        await renewal.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(RendezvousLimits.Farewell);
        try
        {
            if (lease != 0)
            {
                await board.RevokeAsync(lease, limit.Token);
            }
        }
        catch (Exception late) when (late is OperationCanceledException or BenchmarkException)
        {
            // It ends by itself.
        }

        board.Dispose();
        renewal.Dispose();
    }

    private static async Task RenewAsync(EtcdBoard board, long lease, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(RendezvousLimits.Heartbeat);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (!await board.KeepAliveAsync(lease, cancellation))
            {
                throw new BenchmarkException("This rank's lease in etcd has ended: the process or etcd stood still for too long.");
            }
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(RendezvousLimits.Heartbeat / 2);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (_renewing.IsCompleted)
                {
                    await _renewing;
                }

                Look(await EtcdPresence.ReadAsync(_board, _keys, Count, _stop.Token));
            }
        }
        catch (BenchmarkException lost)
        {
            _break.Break(lost.Message);
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Look(EtcdPresence presence)
    {
        for (var rank = 0; rank < Count; rank++)
        {
            _left[rank] |= presence.HasLeft(rank);
            if (presence.Failure(rank) is { } reason)
            {
                _break.Break($"rank {rank} failed: {reason}");
            }
        }

        for (var rank = 0; rank < Count && !Volatile.Read(ref _isLeaving); rank++)
        {
            if (!_left[rank] && presence.Member(rank) is null)
            {
                _break.Break($"rank {rank} is gone: its process ended, or etcd has not heard of it for {TimeToLive.TotalSeconds:0} s.");
            }
        }
    }

    /// <summary>At the deadline of an exchange: says who is missing, here and to the others.</summary>
    private async Task BreakAsync(string label, int number, CancellationToken cancellation)
    {
        var here = (await _board.ListAsync(_keys.Exchange(number), cancellation)).Select(static part => part.Key).ToHashSet(StringComparer.Ordinal);
        List<int> missing = [.. Enumerable.Range(0, Count).Where(rank => !here.Contains(_keys.Part(number, rank)))];
        if (missing.Count > 0)
        {
            _break.Break(Names.Missing(missing, Count, label, _settings.Limit));
            ThrowIfBroken();
        }
    }

    private async Task<IReadOnlyList<byte[]>> ReadPartsAsync(string label, int number, CancellationToken cancellation)
    {
        var parts = await _board.ListAsync(_keys.Exchange(number), cancellation);
        var blobs = new byte[Count][];
        for (var rank = 0; rank < Count; rank++)
        {
            var part = parts.Count == Count && parts[rank].Key == _keys.Part(number, rank) ? parts[rank].Value : default;
            var end = part.Span.IndexOf((byte)0);
            if (end < 0 || Encoding.UTF8.GetString(part.Span[..end]) is var other && other != label)
            {
                throw new BenchmarkException($"Rank {rank} is somewhere else than at '{label}' in exchange {number}.");
            }

            blobs[rank] = part[(end + 1)..].ToArray();
        }

        return blobs;
    }
}
