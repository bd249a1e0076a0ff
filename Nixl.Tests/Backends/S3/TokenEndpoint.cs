using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Nixl.Bench.Objects;

namespace Nixl.Tests.Backends.S3;

/// <summary>A security token service that knows one call, AssumeRoleWithWebIdentity, and hands out credentials that soon expire.</summary>
internal sealed class TokenEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _accessKey;
    private readonly string _secretKey;
    private readonly TimeSpan _lifetime;
    private readonly Task _serving;

    internal TokenEndpoint(string accessKey, string secretKey, TimeSpan lifetime)
    {
        (_accessKey, _secretKey, _lifetime) = (accessKey, secretKey, lifetime);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    internal string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The bodies of the calls.</summary>
    internal ConcurrentQueue<string> Calls { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await AnswerAsync(client.GetStream());
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // The test is over, or a connection is.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        var reader = new HttpReader(stream);
        if (await reader.ReadHeadAsync(_stop.Token) is not { } head)
        {
            return;
        }

        var body = new StringBuilder();
        while (body.Length < head.ContentLength)
        {
            var some = await reader.ReadSomeAsync(head.ContentLength - body.Length, _stop.Token);
            body.Append(Encoding.UTF8.GetString(some.Span));
        }

        Calls.Enqueue(body.ToString());
        var expires = (DateTimeOffset.UtcNow + _lifetime).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var text = "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials>"
            + $"<AccessKeyId>{_accessKey}</AccessKeyId><SecretAccessKey>{_secretKey}</SecretAccessKey><SessionToken>session-token-of-the-stub</SessionToken><Expiration>{expires}</Expiration>"
            + "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {Encoding.UTF8.GetByteCount(text).ToString(CultureInfo.InvariantCulture)}\r\nConnection: close\r\n\r\n{text}"),
            _stop.Token);
    }
}
