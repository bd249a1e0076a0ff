using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nixl.Bench.Coordination;

/// <summary>A rank of a run whose ranks meet at an address.</summary>
internal sealed class TcpRendezvous : IRendezvous
{
    private readonly FrameConnection _connection;
    private readonly RendezvousHub? _hub;
    private readonly RendezvousSettings _settings;
    private readonly Lock _gate = new();
    private readonly RunBreak _break = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _farewell = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private (int Number, TaskCompletionSource<byte[][]> Done)? _waiting;
    private int _next;
    private bool _isLeaving;

    private TcpRendezvous(FrameConnection connection, RendezvousHub? hub, RendezvousSettings settings, int rank)
    {
        (_connection, _hub, _settings, Rank) = (connection, hub, settings, rank);
        connection.StartBeating();
        _reading = Task.Run(ReadAsync);
    }

    public int Rank { get; }

    public int Count => _settings.Count;

    public CancellationToken Broken => _break.Token;

    public void ThrowIfBroken() => _break.ThrowIfBroken();

    /// <summary>Meets the others. Rank 0 listens at the address; a process without a rank does when nobody else listens there.</summary>
    /// <exception cref="BenchmarkException">Names the ranks that did not come, or what is wrong.</exception>
    internal static async Task<TcpRendezvous> JoinAsync(RendezvousSettings settings, CancellationToken cancellation)
    {
        var at = await MeetingPoint.ResolveAsync(settings.Address!, cancellation);
        var hub = settings.Rank is null or 0 && !settings.IsLaunched ? TryListen(at, settings) : null;
        TcpRendezvous? rendezvous = null;
        try
        {
            rendezvous = await ConnectAsync(hub is null ? at : MeetingPoint.Reachable(hub.EndPoint), hub, settings, cancellation);
            await rendezvous.AllGatherAsync("start", default, cancellation);
            return rendezvous;
        }
        catch
        {
            await (rendezvous?.DisposeAsync() ?? hub?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    public async Task<IReadOnlyList<byte[]>> AllGatherAsync(string label, ReadOnlyMemory<byte> blob, CancellationToken cancellation)
    {
        RendezvousLimits.CheckBlob(label, blob.Length);
        var done = new TaskCompletionSource<byte[][]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = _next++;
        lock (_gate)
        {
            _waiting = (number, done);
        }

        using var broken = Broken.UnsafeRegister(static state => ((TaskCompletionSource<byte[][]>)state!).TrySetResult([]), done);
        await _connection.TryWriteAsync(RendezvousProtocol.Gather(number, label, blob.Span));
        try
        {
            // The hub says who is missing; this is for a hub that says nothing.
            var blobs = await done.Task.WaitAsync(_settings.Limit + RendezvousLimits.Silence, cancellation);
            ThrowIfBroken();
            return blobs;
        }
        catch (TimeoutException)
        {
            throw new BenchmarkException($"{_settings.HubName} did not answer at '{label}' within {(_settings.Limit + RendezvousLimits.Silence).TotalSeconds:0} s.");
        }
    }

    public Task AbortAsync(string reason) => _connection.TryWriteAsync(RendezvousProtocol.Reason(FrameKind.Abort, reason));

    public async Task LeaveAsync()
    {
        Volatile.Write(ref _isLeaving, true);
        await _connection.TryWriteAsync(new FrameWriter(FrameKind.Leave).ToArray());
        await Task.WhenAny(_farewell.Task, _reading, Task.Delay(RendezvousLimits.Farewell));
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isLeaving, true);
        if (_hub is not null && Broken.IsCancellationRequested is false && !_farewell.Task.IsCompleted)
        {
            _hub.Break($"rank {Rank} ended before the others."); // this rank crashes, and the hub with it
        }

        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        await _stop.CancelAsync();
        await _reading;
        await _connection.DisposeAsync();
        _stop.Dispose();
        _break.Dispose();
    }

    private static RendezvousHub? TryListen(IPEndPoint at, RendezvousSettings settings)
    {
        try
        {
            return RendezvousHub.Start(at, settings.Count, settings.Group, settings.Limit);
        }
        catch (SocketException refusal)
        {
            return settings.Rank is null && refusal.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable
                ? null
                : throw new BenchmarkException($"Rank 0 cannot listen at {at}: {refusal.Message}. Name an address of this machine and a free port.");
        }
    }

    private static async Task<TcpRendezvous> ConnectAsync(IPEndPoint at, RendezvousHub? hub, RendezvousSettings settings, CancellationToken cancellation)
    {
        var connection = new FrameConnection(await MeetingPoint.ConnectAsync(at, settings, cancellation));
        try
        {
            await connection.WriteAsync(RendezvousProtocol.Hello(settings.Group, settings.Count, hub is null ? settings.Rank : 0));
            var answer = await connection.ReadAsync(RendezvousProtocol.RankBytesMax, RendezvousLimits.Introduction, cancellation);
            return answer switch
            {
                { Kind: FrameKind.Refused } refusal => throw new BenchmarkException($"{settings.HubName} at {at} refuses this rank: {RendezvousProtocol.ReadReason(refusal)}"),
                { } welcome when RendezvousProtocol.TryReadWelcome(welcome, out var rank) && rank >= 0 && rank < settings.Count
                    => new TcpRendezvous(connection, hub, settings, rank),
                _ => throw new BenchmarkException($"What listens at {at} is no rank of a benchmark of this version."),
            };
        }
        catch (Exception failure)
        {
            await connection.DisposeAsync();
            throw failure is IOException or InvalidDataException or TimeoutException
                ? new BenchmarkException($"What listens at {at} does not answer as a rank does: {failure.Message}") : failure;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _connection.ReadAsync(RendezvousProtocol.HubBytesMax, RendezvousLimits.Silence, _stop.Token) is { } frame)
            {
                if (!TryTake(frame))
                {
                    _break.Break($"{_settings.HubName} sent what is no message.");
                    return;
                }
            }

            OnLost("its process ended or closed its connection.");
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or TimeoutException)
        {
            OnLost(failure.Message);
        }
        catch (OperationCanceledException)
        {
            // This rank's end.
        }
    }

    private bool TryTake(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Gathered when RendezvousProtocol.TryReadGathered(frame, Count, out var number, out var blobs):
                lock (_gate)
                {
                    return _waiting is { } waiting && waiting.Number == number && waiting.Done.TrySetResult(blobs);
                }

            case FrameKind.Broken:
                _break.Break(RendezvousProtocol.ReadReason(frame));
                return true;
            case FrameKind.Farewell:
                _farewell.TrySetResult();
                return true;
            default:
                return false;
        }
    }

    private void OnLost(string why)
    {
        if (!Volatile.Read(ref _isLeaving))
        {
            _break.Break(string.Create(CultureInfo.InvariantCulture, $"{_settings.HubName} is gone: {why}"));
        }
    }
}
