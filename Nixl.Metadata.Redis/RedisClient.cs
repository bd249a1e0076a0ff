using System.Net.Sockets;
using System.Security.Authentication;
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
    internal Task<RedisReply> CallAsync(string operation, ReadOnlyMemory<byte>[] parts, CancellationToken cancellationToken, MetadataPublication? publication = null)
        => UseAsync(operation, (connection, cancel) => connection.CallAsync(parts, cancel), publication, cancellationToken);

    /// <summary>Writes a key if it has the value that is expected, with nothing in between.</summary>
    /// <returns>False when it has another value, or none.</returns>
    /// <exception cref="NixlException">Nobody answers, or the server says no.</exception>
    internal Task<bool> SwapAsync(string operation, string key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte>[] write, CancellationToken cancellationToken)
        => UseAsync(operation, (connection, cancel) => SwapAsync(connection, RedisProtocol.Part(key), expected, write, cancel), null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private static bool IsBroken(Exception e) => e is IOException or SocketException or EndOfStreamException or AuthenticationException or ObjectDisposedException;

    private static async Task<bool> SwapAsync(
        RedisConnection connection, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte>[] write, CancellationToken cancellationToken)
    {
        await connection.CallAsync([RedisProtocol.Part("WATCH"), key], cancellationToken).ConfigureAwait(false);
        var found = await connection.CallAsync([RedisProtocol.Part("GET"), key], cancellationToken).ConfigureAwait(false);
        if (found.Bytes is not { } value || !value.Span.SequenceEqual(expected.Span))
        {
            await connection.CallAsync([RedisProtocol.Part("UNWATCH")], cancellationToken).ConfigureAwait(false);
            return false;
        }

        await connection.CallAsync([RedisProtocol.Part("MULTI")], cancellationToken).ConfigureAwait(false);
        await connection.CallAsync(write, cancellationToken).ConfigureAwait(false);
        var done = await connection.CallAsync([RedisProtocol.Part("EXEC")], cancellationToken).ConfigureAwait(false);
        return done.Items switch
        {
            null or [] => false, // the key changed after it was read
            [{ Kind: RedisReplyKind.Error } refusal, ..] => throw new RedisRefusal(refusal.Text),
            _ => true,
        };
    }

    private async Task<T> UseAsync<T>(
        string operation, Func<RedisConnection, CancellationToken, Task<T>> use, MetadataPublication? publication, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                return await UseUnderTurnAsync(use, limit.Token).ConfigureAwait(false);
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

    private async Task<T> UseUnderTurnAsync<T>(Func<RedisConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        var wasOpen = _connection is not null;
        try
        {
            return await AttemptAsync(use, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (wasOpen && IsBroken(e) && e is not InvalidDataException)
        {
            // The server had closed the kept connection: a fresh one gets one chance.
            return await AttemptAsync(use, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> AttemptAsync<T>(Func<RedisConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await RedisConnection.OpenAsync(options, bytesMax, cancellationToken).ConfigureAwait(false);
            return await use(_connection, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisRefusal refusal) when (!refusal.EndsConnection)
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
                { IsForbidden: true } => "The user needs GET, MGET, SET, DEL, SCAN, EXISTS, PEXPIRE, WATCH, UNWATCH, MULTI and EXEC for the keys of the namespace.",
                { IsOutOfMemory: true } => "Raise maxmemory, or choose a policy that does not keep everything else.",
                _ when isTooLarge => "Register fewer, larger regions; publish parts of it under labels; exchange it directly; or raise proto-max-bulk-len.",
                _ => "The native text says why.",
            },
        };
    }

    private static string Shorten(string text) => string.Concat(text.Take(TextMax).Select(static letter => char.IsControl(letter) ? ' ' : letter));
}
