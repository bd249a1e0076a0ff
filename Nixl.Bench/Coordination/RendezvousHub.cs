using System.Net;
using System.Net.Sockets;

namespace Nixl.Bench.Coordination;

/// <summary>Where ranks meet over TCP: in rank 0, or in the process that starts all ranks of one machine.</summary>
/// <remarks>It authenticates nobody: whoever reaches the port can take a rank. What does not speak the protocol is closed and changes nothing.</remarks>
internal sealed class RendezvousHub : IAsyncDisposable
{
    // Connections that have not said who they are; more wait in the system's queue.
    private const int StrangersMax = 32;

    private readonly TcpListener _listener;
    private readonly int _count;
    private readonly string _group;
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _strangers = new(StrangersMax, StrangersMax);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<Task> _serving = [];
    private readonly FrameConnection?[] _ranks;
    private readonly bool[] _left;
    private readonly Timer _deadline;
    private readonly Task _accepting;
    private Gathering? _gathering;
    private Task _telling = Task.CompletedTask;
    private int _next;

    private RendezvousHub(TcpListener listener, int count, string group, TimeSpan limit)
    {
        (_listener, _count, _group, _limit) = (listener, count, group, limit);
        _ranks = new FrameConnection?[count];
        _left = new bool[count];
        _deadline = new Timer(_ => OnDeadline());
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>What broke the run; null while it is whole.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Ends when every rank has left, or the run is broken.</summary>
    internal Task Settled => _settled.Task;

    /// <exception cref="SocketException">It cannot listen there.</exception>
    internal static RendezvousHub Start(IPEndPoint at, int count, string group, TimeSpan limit)
    {
        var listener = new TcpListener(at);
        try
        {
            listener.Start();
            return new RendezvousHub(listener, count, group, limit);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Ends the run for every rank, for a reason that only this process knows.</summary>
    internal void Break(string reason)
    {
        lock (_gate)
        {
            if (Failure is not null || _left.All(static left => left))
            {
                return;
            }

            Failure = reason;
            _deadline.Change(Timeout.Infinite, Timeout.Infinite);
            Tell(RendezvousProtocol.Reason(FrameKind.Broken, reason));
            _settled.TrySetResult();
        }
    }

    /// <summary>Waits a little for ranks that have not left yet, and for what they are still told.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(_settled.Task, Task.Delay(RendezvousLimits.Farewell));
        Task telling;
        lock (_gate)
        {
            telling = _telling;
        }

        await telling;
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] serving;
        lock (_gate)
        {
            serving = [.. _serving];
        }

        await Task.WhenAll(serving);
        await _deadline.DisposeAsync();
        _strangers.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _strangers.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                var serving = Task.Run(() => ServeAsync(socket));
                lock (_gate)
                {
                    _serving.RemoveAll(static task => task.IsCompleted);
                    _serving.Add(serving);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The end.
        }
        catch (SocketException failure)
        {
            Break($"The meeting point {EndPoint} takes no more connections: {failure.Message}");
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var connection = new FrameConnection(socket);
        int rank;
        try
        {
            rank = await IntroduceAsync(connection);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or TimeoutException or OperationCanceledException)
        {
            return; // no rank: a port scanner, a browser, a rank that gave up
        }
        finally
        {
            _strangers.Release();
        }

        if (rank >= 0)
        {
            connection.StartBeating();
            await ServeRankAsync(connection, rank);
        }
    }

    /// <summary>The rank of who has connected; -1 when it is refused.</summary>
    private async Task<int> IntroduceAsync(FrameConnection connection)
    {
        var frame = await connection.ReadAsync(RendezvousProtocol.HelloBytesMax, RendezvousLimits.Introduction, _stop.Token);
        if (frame is not { } hello || !RendezvousProtocol.TryReadHello(hello, out var said))
        {
            return -1; // nothing is told to what may be no rank
        }

        var refusal = said.VersionMin > RendezvousProtocol.Version || said.VersionMax < RendezvousProtocol.Version
            ? $"it speaks versions {said.VersionMin} to {said.VersionMax} of the protocol, this one speaks {RendezvousProtocol.Version}"
            : said.Group != _group ? $"the group here is '{_group}', not '{said.Group}'"
            : said.Count != _count ? $"the run here has {_count} ranks, not {said.Count}"
            : null;
        var rank = -1;
        lock (_gate)
        {
            refusal ??= Failure ?? TryClaim(connection, said.Rank, out rank);
        }

        await connection.WriteAsync(refusal is null ? RendezvousProtocol.Welcome(rank) : RendezvousProtocol.Reason(FrameKind.Refused, refusal));
        return rank;
    }

    private string? TryClaim(FrameConnection connection, int wanted, out int rank)
    {
        // Without a wish a rank gets the lowest free one but 0, which is for who listens, unless nothing else is left.
        rank = wanted >= 0 && wanted < _count ? wanted : Enumerable.Range(1, _count).Select(i => i % _count).FirstOrDefault(i => _ranks[i] is null, -1);
        if (wanted < -1 || wanted >= _count)
        {
            rank = -1;
            return $"there is no rank {wanted}";
        }

        if (rank < 0 || _ranks[rank] is not null)
        {
            var refusal = rank < 0 ? $"all {_count} ranks are taken" : $"rank {rank} is taken by {_ranks[rank]!.Peer}";
            rank = -1;
            return refusal;
        }

        _ranks[rank] = connection;
        return null;
    }

    private async Task ServeRankAsync(FrameConnection connection, int rank)
    {
        try
        {
            while (await connection.ReadAsync(RendezvousProtocol.RankBytesMax, RendezvousLimits.Silence, _stop.Token) is { } frame)
            {
                switch (frame.Kind)
                {
                    case FrameKind.Gather when RendezvousProtocol.TryReadGather(frame, out var number, out var label, out var blob):
                        OnGather(rank, number, label, blob.ToArray());
                        break;
                    case FrameKind.Abort:
                        Break($"rank {rank} failed: {RendezvousProtocol.ReadReason(frame)}");
                        break;
                    case FrameKind.Leave:
                        OnLeave(rank);
                        await connection.WriteAsync(new FrameWriter(FrameKind.Farewell).ToArray());
                        return;
                    default:
                        Break($"rank {rank} sent what is no message.");
                        return;
                }
            }

            Break($"rank {rank} is gone: its process ended or closed its connection.");
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or TimeoutException)
        {
            Break($"rank {rank} is gone: {failure.Message}");
        }
        catch (OperationCanceledException)
        {
            // The hub's end.
        }
    }

    private void OnGather(int rank, int number, string label, byte[] blob)
    {
        lock (_gate)
        {
            if (_gathering is null && number == _next)
            {
                _gathering = new Gathering(number, label, _count);
                _deadline.Change(_limit, Timeout.InfiniteTimeSpan);
            }

            if (Problem(rank, number, label, blob) is { } problem)
            {
                Break(problem);
                return;
            }

            if (_gathering!.IsComplete)
            {
                _deadline.Change(Timeout.Infinite, Timeout.Infinite);
                Tell(RendezvousProtocol.Gathered(number, _gathering.Blobs));
                _gathering = null;
                _next++;
            }
        }
    }

    private string? Problem(int rank, int number, string label, byte[] blob)
    {
        if (_gathering is not { } gathering || number != gathering.Number || !gathering.TryAdd(rank, blob))
        {
            return $"rank {rank} is at exchange {number} ('{label}'), where the run is at {_next}.";
        }

        var left = Enumerable.Range(0, _count).Where(other => _left[other]).ToList();
        return label != gathering.Label ? $"rank {rank} is at '{label}' while {Names.Ranks([.. gathering.Present.Where(other => other != rank)])} came to '{gathering.Label}'."
            : gathering.Bytes > RendezvousLimits.GatheredBytesMax ? $"the ranks' parts of '{label}' have more than {RendezvousLimits.GatheredBytesMax >> 20} MiB."
            : left.Count > 0 ? $"{Names.Ranks(left)} left before '{label}'."
            : null;
    }

    private void OnLeave(int rank)
    {
        lock (_gate)
        {
            _left[rank] = true;
            if (_gathering is { } waiting)
            {
                Break($"rank {rank} left before '{waiting.Label}'.");
            }

            if (_left.All(static left => left))
            {
                _settled.TrySetResult();
            }
        }
    }

    private void OnDeadline()
    {
        lock (_gate)
        {
            if (_gathering is { } late)
            {
                Break(Names.Missing(late.Missing, _count, late.Label, _limit));
            }
        }
    }

    /// <summary>Sends a frame to every rank that is there, after what they were told before. Under the lock.</summary>
    private void Tell(byte[] frame)
    {
        var ranks = _ranks.Where((rank, i) => rank is not null && !_left[i]).ToList();
        _telling = TellAsync(_telling);

        async Task TellAsync(Task before)
        {
            await before;
            await Task.WhenAll(ranks.Select(rank => rank!.TryWriteAsync(frame)));
        }
    }
}
