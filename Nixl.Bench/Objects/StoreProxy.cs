using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Nixl.Bench.Objects;

/// <summary>An HTTP proxy before an object store on loopback, which delays, slows down, breaks and falsifies what passes.</summary>
internal sealed class StoreProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private int _requests;
    private int _open;
    private int _openMost;

    /// <summary>Opens it before <paramref name="store"/>, with TLS where a certificate is given.</summary>
    internal StoreProxy(Uri store, X509Certificate2? certificate = null)
    {
        (Store, _certificate) = (store, certificate);
        _listener.Start();
        var scheme = certificate is null ? "http" : "https";
        Endpoint = new Uri($"{scheme}://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>The store.</summary>
    internal Uri Store { get; }

    /// <summary>Where it listens.</summary>
    internal Uri Endpoint { get; }

    /// <summary>Before each request is forwarded.</summary>
    internal TimeSpan Latency { get; set; }

    /// <summary>Bytes per second of each connection and direction; 0 for no limit.</summary>
    internal long BytesPerSecond { get; set; }

    /// <summary>What happens to a request. Called for each, from any thread.</summary>
    internal Func<ProxyRequest, ProxyFault> Decide { get; set; } = static _ => ProxyFault.None;

    /// <summary>Requests so far.</summary>
    internal int Requests => Volatile.Read(ref _requests);

    /// <summary>The most connections that were open at once.</summary>
    internal int ConnectionsMost => Volatile.Read(ref _openMost);

    /// <summary>Numbers a request.</summary>
    internal int NextNumber() => Interlocked.Increment(ref _requests);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Keys).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false);
                var serving = Task.Run(() => ServeAsync(client));
                _connections[serving] = true;
                _ = serving.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var open = Interlocked.Increment(ref _open);
        for (var most = Volatile.Read(ref _openMost); open > most && Interlocked.CompareExchange(ref _openMost, open, most) != most;)
        {
            most = Volatile.Read(ref _openMost);
        }

        using (client)
        using (var upstream = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            try
            {
                await upstream.ConnectAsync(Store.Host, Store.Port, _stop.Token).ConfigureAwait(false);
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token).ConfigureAwait(false);
                    stream = tls;
                }

                await new ProxyConnection(this, client, stream, upstream.GetStream(), _stop.Token).RunAsync().ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or OperationCanceledException or SocketException or ObjectDisposedException or InvalidDataException
                or System.Security.Authentication.AuthenticationException)
            {
                // A connection that is over, from either side.
            }
        }

        Interlocked.Decrement(ref _open);
    }
}
