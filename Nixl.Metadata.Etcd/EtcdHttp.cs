using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Nixl.Metadata.Etcd;

/// <summary>Makes the HTTP client: short waits for connections, dead ones noticed, the settings' certificates.</summary>
internal static class EtcdHttp
{
    private const int KeepAliveSeconds = 3;
    private const int KeepAliveProbes = 3;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(10);

    internal static HttpClient Create(EtcdOptions options, int bytesMax)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLife,
            ConnectCallback = ConnectAsync,
            SslOptions = TlsOptions(options),
        };
        return new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan, // every call has a deadline of its own
            MaxResponseContentBufferSize = Math.Min((bytesMax * 4L / 3) + (1 << 20), int.MaxValue), // a value is sent as base64
        };
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.Certificate is { } certificate)
        {
            tls.ClientCertificates = [certificate];
        }

        if (options.Authorities is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return tls;
    }
}
