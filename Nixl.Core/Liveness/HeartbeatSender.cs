using System.Collections.Concurrent;
using Nixl.Agent;

namespace Nixl.Liveness;

/// <summary>Sends this agent's heartbeats to everybody who asked for them at the listener. One timer for all; a receiver that does not read is left out.</summary>
internal sealed class HeartbeatSender : IAsyncDisposable
{
    private readonly MetadataExporter _exporter;
    private readonly TimeSpan _interval;
    private readonly int _receiversMax;
    private readonly ConcurrentDictionary<IHeartbeatReceiver, byte> _receivers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _sending; // guarded by _gate
    private bool _isOver; // guarded by _gate
    private volatile HeartbeatKind _farewell = HeartbeatKind.Ceasing;

    // The frame of the last heartbeat: the same for everybody, and for as long as nothing changes.
    private (ulong Sequence, byte[] Frame) _last;

    internal HeartbeatSender(MetadataExporter exporter, TimeSpan interval, int receiversMax)
    {
        _exporter = exporter;
        _interval = interval;
        _receiversMax = receiversMax;
        _last = (0, Make(HeartbeatKind.Beat, 0));
    }

    internal int ReceiverCount => _receivers.Count;

    /// <summary>Called for each receiver that is refused because there are too many.</summary>
    internal Action? Refused { get; init; }

    /// <summary>Begins to send to a receiver, and sends the first one now.</summary>
    /// <returns>NotAllowed: there are too many receivers. Mismatch: what came is no request, or of a version that is not spoken here. NotSupported: none are sent.</returns>
    internal NixlStatus Subscribe(ReadOnlySpan<byte> payload, IHeartbeatReceiver receiver)
    {
        if (!Heartbeat.TryDecode(payload, out var request) || request.Kind != HeartbeatKind.Subscribe)
        {
            return NixlStatus.Mismatch;
        }

        var status = TryAdd(receiver);
        if (status < 0)
        {
            // Whoever has heard this agent before must not take the closing of the connection for its end.
            receiver.TrySend(Make(_farewell, _exporter.ChangedSequence), isLast: true);
            return status;
        }

        receiver.TrySend(Frame());
        return status;
    }

    internal void Unsubscribe(IHeartbeatReceiver receiver) => _receivers.TryRemove(receiver, out _);

    /// <summary>Says for the last time something to everybody, and sends no more.</summary>
    internal void End(HeartbeatKind farewell)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            _farewell = farewell;
        }

        var frame = Make(farewell, _exporter.ChangedSequence);
        foreach (var receiver in _receivers.Keys)
        {
            receiver.TrySend(frame, isLast: true);
        }

        _receivers.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task sending;
        lock (_gate)
        {
            _isOver = true;
            sending = _sending ?? Task.CompletedTask;
        }

        await sending.ConfigureAwait(false);
        _stop.Dispose();
    }

    private NixlStatus TryAdd(IHeartbeatReceiver receiver)
    {
        lock (_gate)
        {
            if (_isOver || _interval == TimeSpan.Zero)
            {
                return NixlStatus.NotSupported;
            }

            if (_receivers.Count >= _receiversMax && !_receivers.ContainsKey(receiver))
            {
                Refused?.Invoke();
                return NixlStatus.NotAllowed;
            }

            _receivers.TryAdd(receiver, 0);
            _sending ??= Task.Run(SendAsync);
            return NixlStatus.Success;
        }
    }

    private async Task SendAsync()
    {
        using var timer = new PeriodicTimer(_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var frame = Frame();
                foreach (var (receiver, _) in _receivers)
                {
                    if (!receiver.TrySend(frame))
                    {
                        _receivers.TryRemove(receiver, out _);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    private byte[] Frame()
    {
        var sequence = _exporter.ChangedSequence;
        lock (_gate)
        {
            if (_last.Sequence != sequence)
            {
                _last = (sequence, Make(HeartbeatKind.Beat, sequence));
            }

            return _last.Frame;
        }
    }

    private byte[] Make(HeartbeatKind kind, ulong sequence) => new Heartbeat(kind, _exporter.Incarnation, sequence, (int)_interval.TotalMilliseconds).ToFrame();
}
