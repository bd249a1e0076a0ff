using System.Net.Sockets;
using Nixl.Discovery;

namespace Nixl.Metadata.TcpStore;

/// <summary>The key-value server of a PyTorch job as a store of metadata, under upstream's keys. It has no leases, no lists and no changes, so it tells nobody who is
/// there: peers are fetched by name.</summary>
[ExportMetadataStore(
    "TCPSTORE", EndpointVariable = "NIXL_TCPSTORE_ENDPOINT", VariablePrefix = "NIXL_TCPSTORE_", Description = "PyTorch's TCPStore, in its wire protocol.")]
public sealed class TcpStore : IMetadataStore
{
    private readonly SemaphoreSlim _turn = new(1, 1); // one request at a time; guards the connection and the keys
    private readonly HashSet<string> _published = new(StringComparer.Ordinal);
    private TcpStoreOptions _options = null!;
    private TcpStoreConnection? _connection;
    private int _bytesMax;

    /// <inheritdoc />
    public string Endpoint => $"tcpstore://{_options.Endpoint.Host}:{_options.Endpoint.Port}";

    /// <inheritdoc />
    public void Initialize(MetadataStoreContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _options = TcpStoreOptions.From(context);
        _bytesMax = context.BytesMax;
        if (context.CheckNames(TcpStoreOptions.Known) is { Count: > 0 } unknown)
        {
            TcpStoreLog.UnknownVariables(context.Logger, string.Join(", ", unknown), string.Join(", ", TcpStoreOptions.Known));
        }
    }

    /// <inheritdoc />
    public Task PublishAsync(MetadataPublication publication, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publication);
        var key = Key(publication.Agent, publication.Label);
        return CallAsync(
            "PublishMetadata",
            async (connection, limit) =>
            {
                await connection.SetAsync(key, publication.Blob, limit).ConfigureAwait(false);
                _published.Add(key);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label, CancellationToken cancellationToken)
    {
        var key = Key(agent, label);
        return CallAsync("FetchMetadata", (connection, limit) => connection.GetAsync(key, limit), cancellationToken);
    }

    /// <summary>Deletes what this object has published. Nobody is told: whoever loaded it keeps it.</summary>
    public Task InvalidateAsync(string agent, CancellationToken cancellationToken) => CallAsync(
        "InvalidateMetadata",
        async (connection, limit) =>
        {
            foreach (var key in _published.Where(key => key.EndsWith(End(agent), StringComparison.Ordinal)).ToList())
            {
                await connection.DeleteAsync(key, limit).ConfigureAwait(false);
                _published.Remove(key);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string End(string agent) => $"/{agent}/NULL_AGENT";

    /// <summary>Upstream's key: label first, then the agent.</summary>
    private static string Key(string agent, string label) => $"/nixl/agents/{label}{End(agent)}";

    private async Task<T> CallAsync<T>(string operation, Func<TcpStoreConnection, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_connection is null ? _options.ConnectTimeout + _options.OperationTimeout : _options.OperationTimeout);
        try
        {
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                return await CallUnderTurnAsync(call, limit.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(NixlStatus.TimedOut, operation, "the TCPStore did not answer in time", null);
        }
        catch (InvalidDataException e)
        {
            throw Failure(NixlStatus.Mismatch, operation, $"what answers is no TCPStore: {e.Message}", null);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw Failure(NixlStatus.BackendError, operation, "the TCPStore cannot be reached", e);
        }
    }

    private async Task<T> CallUnderTurnAsync<T>(Func<TcpStoreConnection, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var wasOpen = _connection is not null;
        try
        {
            return await AttemptAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (wasOpen && IsBroken(e))
        {
            return await AttemptAsync(call, cancellationToken).ConfigureAwait(false); // the kept connection had been closed
        }
    }

    private async Task<T> AttemptAsync<T>(Func<TcpStoreConnection, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await TcpStoreConnection.OpenAsync(_options, _bytesMax, cancellationToken).ConfigureAwait(false);
            return await call(_connection, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _connection?.Dispose();
            _connection = null; // an answer may still be on its way
            throw;
        }
    }

    private static bool IsBroken(Exception e) => e is not InvalidDataException && e is IOException or SocketException or ObjectDisposedException;

    private NixlException Failure(NixlStatus status, string operation, string detail, Exception? cause) => new(status, operation, detail)
    {
        Peer = Endpoint,
        NativeMessage = cause?.Message,
        Hint = "Check that the job's TCPStore runs there; known peers are not affected.",
    };
}
