using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Nixl.Agent;
using Nixl.Metadata;

namespace Nixl.Liveness;

/// <summary>The connection over which one peer's heartbeats come in: opened, read, and opened again for as long as the peer is watched.</summary>
internal sealed class HeartbeatLink(RemoteAgent remote, EndPoint endpoint, DirectConnector connector, Guid ownIncarnation, Action<HeartbeatLink, Heartbeat> received)
    : IAsyncDisposable
{
    // A frame with what later versions may append; more is no heartbeat.
    private const int FrameBytesMax = 1024;

    private static readonly TimeSpan ConnectLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMost = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private long _lastBeat = Environment.TickCount64;
    private volatile bool _hasBeaten;
    private volatile bool _hasFailed;
    private volatile bool _isLeaseOver;
    private bool _isStrange; // of the running task only
    private Task _running = Task.CompletedTask;

    internal RemoteAgent Remote => remote;

    internal EndPoint Endpoint => endpoint;

    /// <summary>The peer's interval in milliseconds.</summary>
    internal int IntervalMs { get; } = remote.HeartbeatMs;

    /// <summary>Whether heartbeats have come in: only then does their absence mean something.</summary>
    internal bool HasBeaten
    {
        get => _hasBeaten;
        set => _hasBeaten = value;
    }

    /// <summary>Whether the transport says that nobody is there: closed, reset or refused since the last heartbeat.</summary>
    internal bool HasFailed => _hasFailed;

    /// <summary>Whether the peer's lease in the store is over.</summary>
    internal bool IsLeaseOver
    {
        get => _isLeaseOver;
        set => _isLeaseOver = value;
    }

    /// <summary>Milliseconds since the last heartbeat.</summary>
    internal long Silence(long now) => now - Volatile.Read(ref _lastBeat);

    /// <summary>Counts the silence from now on: this process was stopped itself, or bytes of the peer still move.</summary>
    internal void Forgive(long now) => Volatile.Write(ref _lastBeat, now);

    /// <summary>What <see cref="HeartbeatMonitor"/> remembers of the peer's transfers.</summary>
    internal long TransferMark { get; set; }

    /// <summary>Called once when what comes in is of a version that is not spoken here.</summary>
    internal Action<RemoteAgent>? Strange { get; init; }

    internal void Start() => _running = Task.Run(RunAsync);

    /// <summary>Closes the connection and waits for the task that reads it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var retry = TimeSpan.FromMilliseconds(Math.Max(IntervalMs / 4, 20));
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync().ConfigureAwait(false);
                _hasFailed = true; // an orderly end without a farewell: the process died
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException)
            {
                _hasFailed |= IsProofOfAbsence(e);
            }
            catch (OperationCanceledException)
            {
                // No connection in time says nothing about the peer, or the watch has ended.
            }

            await Task.Delay(retry, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_hasBeaten && retry < RetryMost)
            {
                retry *= 2;
            }
        }
    }

    /// <summary>The connection was there and ended, or somebody at that address says that nobody listens. A network that does not answer proves nothing.</summary>
    private static bool IsProofOfAbsence(Exception failure)
    {
        var error = (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode;
        return error is not null
            && error is not (SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
            or SocketError.HostDown or SocketError.NetworkDown or SocketError.TooManyOpenSockets);
    }

    private async Task ReadAsync()
    {
        using var channel = await ConnectAsync().ConfigureAwait(false);
        channel.KeepAlive(TimeSpan.FromMilliseconds(IntervalMs));
        await channel.Stream.WriteAsync(new Heartbeat(HeartbeatKind.Subscribe, ownIncarnation, 0, IntervalMs).ToFrame(), _stop.Token).ConfigureAwait(false);
        var buffer = new byte[FrameBytesMax];
        var filled = 0;
        while (true)
        {
            var read = await channel.Stream.ReadAsync(buffer.AsMemory(filled), _stop.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            filled += read;
            var used = TakeFrames(buffer.AsSpan(0, filled));
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }
    }

    private async Task<DirectChannel> ConnectAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var patience = TimeSpan.FromMilliseconds(2.0 * IntervalMs);
        limit.CancelAfter(patience > ConnectLeast ? patience : ConnectLeast);
        return await connector.ConnectAsync(endpoint, limit.Token).ConfigureAwait(false);
    }

    private int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (bytes.Length - used >= DirectProtocol.HeaderBytes)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[used..]);
            if (length > FrameBytesMax - DirectProtocol.HeaderBytes)
            {
                throw new IOException("The peer sends something else than heartbeats.");
            }

            var end = used + DirectProtocol.HeaderBytes + (int)length;
            if (bytes.Length < end)
            {
                break;
            }

            var body = bytes[(used + DirectProtocol.HeaderBytes)..end];
            used = end;
            var prefix = DirectProtocol.Prefix.Length + DirectProtocol.WordBytes;
            if (body.Length <= prefix || !body[DirectProtocol.Prefix.Length..].StartsWith(DirectProtocol.Beat))
            {
                continue;
            }

            if (Heartbeat.TryDecode(body[prefix..], out var heartbeat))
            {
                Take(heartbeat);
            }
            else if (!_isStrange)
            {
                _isStrange = true;
                Strange?.Invoke(remote);
            }
        }

        return used;
    }

    private void Take(Heartbeat heartbeat)
    {
        if (heartbeat.Incarnation == remote.Incarnation && heartbeat.Kind == HeartbeatKind.Beat)
        {
            Volatile.Write(ref _lastBeat, Environment.TickCount64);
            _hasBeaten = true;
            _hasFailed = false;
        }

        received(this, heartbeat);
    }
}
