using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;

namespace Nixl.Backends.S3.Client;

/// <summary>The connections to the store: so many as requests may be in flight, without a copy of what they bring.</summary>
/// <param name="options">How.</param>
/// <param name="authorities">The certificates to trust instead of the system's; null for those.</param>
internal sealed class StoreHttpClientFactory(S3Options options, X509Certificate2Collection? authorities) : HttpClientFactory
{
    private const string Localhost = "localhost";

    // A connection that is kept too long keeps to an address that DNS has given up.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = Lifetime,
            MaxConnectionsPerServer = options.Concurrency,
            MaxResponseDrainSize = 0, // a body that was given up is not read to its end
            ActivityHeadersPropagator = null,
        };
        if (options.IsVirtualHosted && options.Endpoint is { Host: var host } && (host == Localhost || host.EndsWith($".{Localhost}", StringComparison.Ordinal)))
        {
            handler.ConnectCallback = ConnectToLoopbackAsync;
        }

        if (authorities is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        // Each request has its own limit, which counts from the last byte: see StallGuard.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Buckets in front of localhost: names below it are loopback (RFC 6761), which not every resolver knows.</summary>
    private static async ValueTask<Stream> ConnectToLoopbackAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;

    /// <inheritdoc/>
    public override string? GetConfigUniqueString(IClientConfig clientConfig) => null; // with the client, and closed with it
}
