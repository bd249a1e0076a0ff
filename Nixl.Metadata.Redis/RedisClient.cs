using System.Security.Authentication;
using System.Net.Sockets;
using Nixl.Discovery;

namespace Nixl.Metadata.Redis;

/// <summary>Commands to the server over one connection, opened again when it breaks. Every command used here may be repeated.</summary>
internal sealed class RedisClient(RedisOptions options, TimeSpan timeout, int bytesMax) : IAsyncDisposable
{
    private const int TextMax = 300;

    private readonly SemaphoreSlim _turn = new(1, 1); // one command at a time; guards the connection
    private RedisConnection? _connection;

    internal string Endpoint => $"{(options.UsesTls ? "rediss" : "redis")}://{options.Endpoint.Host}:{options.Endpoint.Port}";

    /// <exception cref="NixlException">Nobody answers, or the server says no.</exception>
    internal Task<RedisReply> CallAsync(string operation, CancellationToken cancellationToken, params string[] words)
        => CallAsync(operation, Array.ConvertAll(words, RedisProtocol.Part), cancellationToken);

    /// <exception cref="NixlException">Nobody answers, or the server says no.</exception>
    internal async Task<RedisReply> CallAsync(string operation, ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken, MetadataPublication? publication = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                return await CallUnderTurnAsync(parts, limit.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (RedisRefusal refusal)
        {
            throw Refused(operation, refusal, publication);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(NixlStatus.TimedOut, operation, $"Redis did not answer within {timeout}", null);
        }
        catch (InvalidDataException e)
        {
            throw Unreachable(NixlStatus.Mismatch, operation, $"what answers is no Redis: {e.Message}", null);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Unreachable(NixlStatus.BackendError, operation, "Redis cannot be reached", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private static bool IsBroken(Exception e) => e is IOException or SocketException or EndOfStreamException or AuthenticationException or ObjectDisposedException;

    private async Task<RedisReply> CallUnderTurnAsync(ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken)
    {
        var wasOpen = _connection is not null;
        try
        {
            return await AttemptAsync(parts, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (wasOpen && IsBroken(e) && e is not InvalidDataException)
        {
            // The server had closed the kept connection: a fresh one gets one chance.
            return await AttemptAsync(parts, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RedisReply> AttemptAsync(ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await RedisConnection.OpenAsync(options, bytesMax, cancellationToken).ConfigureAwait(false);
            return await _connection.CallAsync(parts, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisRefusal)
        {
            throw;
        }
        catch
        {
            await CloseAsync().ConfigureAwait(false); // an answer may still be on its way; the next command must not take it for its own
            throw;
        }
    }

    private async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private NixlException Unreachable(NixlStatus status, string operation, string detail, Exception? cause) => new(status, operation, detail)
    {
        Peer = Endpoint,
        NativeMessage = cause is null ? null : Shorten(cause.Message),
        Hint = "Check that Redis runs there and that nothing between drops the connection; known peers are not affected.",
    };

    private NixlException Refused(string operation, RedisRefusal refusal, MetadataPublication? publication)
    {
        var isTooLarge = refusal.IsTooLarge && publication is not null;
        return new NixlException(
            isTooLarge ? NixlStatus.NotAllowed : NixlStatus.BackendError,
            operation,
            isTooLarge ? $"the metadata has {publication!.Blob.Length} bytes for {publication.Regions} regions, more than this Redis takes in one value (proto-max-bulk-len)"
                : refusal.IsOutOfMemory ? "Redis is out of memory" : "Redis refused")
        {
            Peer = Endpoint,
            NativeMessage = Shorten(refusal.Message),
            Hint = refusal switch
            {
                { NeedsUser: true } => "Redis wants a user: set user and password, or the password alone.",
                { IsWrongPassword: true } => "Check user and password.",
                { IsForbidden: true } => "The user needs GET, MGET, SET, DEL, SCAN and PEXPIRE for the keys of the namespace.",
                { IsOutOfMemory: true } => "Raise maxmemory, or choose a policy that does not keep everything else.",
                _ when isTooLarge => "Register fewer, larger regions; publish parts of it under labels; exchange it directly; or raise proto-max-bulk-len.",
                _ => "The native text says why.",
            },
        };
    }

    private static string Shorten(string text) => string.Concat(text.Take(TextMax).Select(static letter => char.IsControl(letter) ? ' ' : letter));
}
