using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata;

/// <summary>Answers peers that exchange metadata directly, as NIXL's agents do: loads what they send, sends what they ask for, forgets who leaves.</summary>
/// <remarks>The protocol has no authentication: whoever reaches the port is a peer. Every byte is checked, every wait but that of an idle connection that
/// has spoken has a deadline, and connections, bytes and commands are bounded.</remarks>
internal sealed class DirectMetadataListener : IAsyncDisposable
{
    // Running out of descriptors is the usual cause of a failed accept; closing connections needs a moment to help.
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Task, DirectListenerConnection> _open = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly LogThrottle _throttle = new();
    private readonly Socket _socket;
    private readonly IMetadataEndpoint _target;
    private readonly DirectListenerOptions _options;
    private readonly ILogger _logger;
    private readonly ByteBudget _budget;
    private readonly Task _accepting;
    private int _disposed;

    private DirectMetadataListener(Socket socket, IMetadataEndpoint target, DirectListenerOptions options, ILogger logger)
    {
        _socket = socket;
        _target = target;
        _options = options;
        _logger = logger;
        _budget = new ByteBudget(options.BufferedBytesMax);
        BoundEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The address and port that are listened on: the real port where 0 was asked for.</summary>
    internal IPEndPoint BoundEndPoint { get; }

    /// <summary>The connections that are open.</summary>
    internal int ConnectionCount => _open.Count;

    /// <summary>Begins to listen. The listener runs until it is disposed.</summary>
    /// <param name="endpoint">Where; port 0 takes any free one. <c>[::]</c> listens for IPv4, too, unless the options say otherwise.</param>
    /// <param name="target">What carries the commands out.</param>
    /// <param name="options">Limits and deadlines.</param>
    /// <param name="logger">Where peers that misbehave are logged.</param>
    /// <exception cref="NixlException"><see cref="NixlStatus.NotAllowed"/> when the port is in use or forbidden, otherwise
    /// <see cref="NixlStatus.BackendError"/>.</exception>
    internal static DirectMetadataListener Start(IPEndPoint endpoint, IMetadataEndpoint target, DirectListenerOptions options, ILogger logger)
    {
        var listener = new DirectMetadataListener(DirectSockets.Listen(endpoint, options.DualMode), target, options, logger);
        logger.Listening(listener.BoundEndPoint, options.Security.Describe());
        return listener;
    }

    /// <summary>Stops listening, closes every connection and waits, within the deadline of the options, for commands that are being carried out.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _socket.Dispose();
        try
        {
            await Task.WhenAll(_open.Keys).WaitAsync(_options.ShutdownTimeout).ConfigureAwait(false);
            _stop.Dispose();
        }
        catch (TimeoutException)
        {
            // The token source stays alive with the command that still looks at it.
            _logger.StopTimedOut(BoundEndPoint, _options.ShutdownTimeout);
        }

        _logger.Stopped(BoundEndPoint);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Admit(await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (_throttle.TryEnter(out _))
                {
                    _logger.AcceptFailed(BoundEndPoint, e.SocketErrorCode.ToString());
                }

                await Task.Delay(AcceptRetryDelay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Admit(Socket socket)
    {
        EndPoint peer;
        try
        {
            peer = socket.RemoteEndPoint!;
            DirectSockets.Configure(socket);
        }
        catch (SocketException)
        {
            socket.Dispose(); // it left between the connection and its acceptance
            return;
        }

        // Those that get heartbeats are bounded by themselves, so that many peers, or one stranger, do not keep others from the exchange.
        if (_open.Count(static entry => !entry.Value.IsSubscribed) >= _options.ConnectionsMax)
        {
            socket.Dispose();
            _options.ConnectionRefused?.Invoke();
            if (_throttle.TryEnter(out var suppressed))
            {
                _logger.PeerClosed(peer, $"{_options.ConnectionsMax} connections are open already, which is the limit", suppressed);
            }

            return;
        }

        var connection = new DirectListenerConnection(socket, (IPEndPoint)peer, _budget, _target, _options, _logger, _throttle);
        Track(connection, Task.Run(() => connection.ServeAsync(_stop.Token)));
    }

    private void Track(DirectListenerConnection connection, Task serving)
    {
        _open[serving] = connection;
        serving.ContinueWith(
            (ended, open) => ((ConcurrentDictionary<Task, DirectListenerConnection>)open!).TryRemove(ended, out _),
            _open, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
