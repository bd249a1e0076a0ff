using System.Globalization;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Nixl.Metadata.Redis;

/// <summary>One connection to the server, signed in. One command at a time.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private const int KeepAliveSeconds = 3;
    private const int KeepAliveProbes = 3;

    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly int _bytesMax;

    private RedisConnection(Stream stream, int bytesMax)
    {
        _stream = stream;
        _bytesMax = bytesMax;
        _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        _writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    internal static async Task<RedisConnection> OpenAsync(RedisOptions options, int bytesMax, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
            await socket.ConnectAsync(options.Endpoint, cancellationToken).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            stream = options.UsesTls ? await SecureAsync(stream, options, cancellationToken).ConfigureAwait(false) : stream;
            var connection = new RedisConnection(stream, bytesMax);
            await connection.SignInAsync(options, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Sends a command and reads its answer.</summary>
    /// <exception cref="RedisRefusal">The server says no; the connection can be used further.</exception>
    internal async Task<RedisReply> CallAsync(ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken)
    {
        RedisProtocol.Write(_writer, parts);
        try
        {
            await _writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException broken)
        {
            // A server that does not take a value says so and closes the connection, before it has read all of it.
            throw await LastWordAsync(cancellationToken).ConfigureAwait(false) ?? (Exception)broken;
        }

        var reply = await RedisProtocol.ReadAsync(_reader, _bytesMax, cancellationToken).ConfigureAwait(false);
        return reply.Kind == RedisReplyKind.Error ? throw new RedisRefusal(reply.Text) : reply;
    }

    /// <summary>The refusal that came before the connection broke; null for none.</summary>
    private async Task<RedisRefusal?> LastWordAsync(CancellationToken cancellationToken)
    {
        try
        {
            var reply = await RedisProtocol.ReadAsync(_reader, _bytesMax, cancellationToken).ConfigureAwait(false);
            return reply.Kind == RedisReplyKind.Error ? new RedisRefusal(reply.Text) : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads what the server says without being asked, on a connection that has subscribed to something.</summary>
    internal ValueTask<RedisReply> NextAsync(CancellationToken cancellationToken) => RedisProtocol.ReadAsync(_reader, _bytesMax, cancellationToken);

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync().ConfigureAwait(false);

    private static async Task<Stream> SecureAsync(Stream stream, RedisOptions options, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        var settings = new SslClientAuthenticationOptions { TargetHost = options.Endpoint.Host };
        if (options.Certificate is { } own)
        {
            settings.ClientCertificates = [own];
        }

        if (options.Authorities is { } authorities)
        {
            settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            settings.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        await tls.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
        return tls;
    }

    private async Task SignInAsync(RedisOptions options, CancellationToken cancellationToken)
    {
        if (options.Password is { } password)
        {
            string[] words = options.User is { } user ? ["AUTH", user, password] : ["AUTH", password];
            await CallAsync(Array.ConvertAll(words, RedisProtocol.Part), cancellationToken).ConfigureAwait(false);
        }

        if (options.Database != 0)
        {
            string[] words = ["SELECT", options.Database.ToString(CultureInfo.InvariantCulture)];
            await CallAsync(Array.ConvertAll(words, RedisProtocol.Part), cancellationToken).ConfigureAwait(false);
        }
    }
}
