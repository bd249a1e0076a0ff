using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata;

/// <summary>Exchanges metadata with the listeners of other agents. Thread-safe; requests to one endpoint are carried out one after another.</summary>
/// <remarks>Keeps one connection per endpoint, opened when there is something to say and never to probe: NIXL's listener keeps a descriptor for each
/// connection that was ever closed on it. Cancelling a request closes its connection.</remarks>
internal sealed class DirectMetadataClient(DirectClientOptions options, ILogger logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<EndPoint, DirectClientConnection> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private int _disposed;

    /// <summary>Opens connections for whoever else talks to listeners.</summary>
    internal DirectConnector Connector { get; } = new(options.Security);

    /// <summary>The endpoints that are remembered.</summary>
    internal int ConnectionCount => _connections.Count;

    /// <summary>Sends metadata for the peer to load. The protocol has no answer to it: done means handed to the network.</summary>
    /// <exception cref="NixlException">Names the endpoint and what was wrong.</exception>
    internal Task SendAsync(EndPoint endpoint, ReadOnlyMemory<byte> blob, CancellationToken cancel)
        => RequestAsync(endpoint, "SendMetadata", DirectProtocol.Load, blob, expectsReply: false, cancel);

    /// <summary>Asks the peer for its metadata. The bytes belong to the caller and are not checked beyond the frame.</summary>
    /// <exception cref="NixlException">Names the endpoint and what was wrong.</exception>
    internal async Task<ReadOnlyMemory<byte>> FetchAsync(EndPoint endpoint, CancellationToken cancel)
    {
        const string operation = "FetchMetadata";
        var body = await RequestAsync(endpoint, operation, DirectProtocol.Send, default, expectsReply: true, cancel).ConfigureAwait(false);
        var prefix = DirectProtocol.Prefix.Length;
        if (!body.Span.StartsWith(DirectProtocol.Prefix) || !body.Span[prefix..].StartsWith(DirectProtocol.Load))
        {
            throw DirectClientErrors.NotNixl(operation, DirectSockets.Describe(endpoint), body.Span);
        }

        var blob = body[(prefix + DirectProtocol.WordBytes)..];
        return blob.IsEmpty ? throw DirectClientErrors.NothingThere(operation, DirectSockets.Describe(endpoint)) : blob;
    }

    /// <summary>Tells the peer to forget an agent, usually this one. The protocol has no answer to it.</summary>
    /// <exception cref="NixlException">Names the endpoint and what was wrong.</exception>
    internal Task InvalidateAsync(EndPoint endpoint, string agentName, CancellationToken cancel)
    {
        const string operation = "InvalidateMetadata";
        return AgentNames.IsValid(agentName, MetadataLimits.Default.NameBytesMax, out var reason)
            ? RequestAsync(endpoint, operation, DirectProtocol.Invalidate, Encoding.UTF8.GetBytes(agentName), expectsReply: false, cancel)
            : throw DirectClientErrors.BadName(operation, DirectSockets.Describe(endpoint), reason);
    }

    /// <summary>Ends running requests with <see cref="ObjectDisposedException"/> and closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var connection in _connections.Values)
        {
            await connection.RetireAsync(options.ConnectTimeout).ConfigureAwait(false);
        }

        _connections.Clear();
    }

    private Task<ReadOnlyMemory<byte>> RequestAsync(
        EndPoint endpoint, string operation, ReadOnlySpan<byte> word, ReadOnlyMemory<byte> argument, bool expectsReply, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (DirectProtocol.WouldBeCut(argument.Span))
        {
            throw DirectClientErrors.WouldBeCut(operation, DirectSockets.Describe(endpoint));
        }

        var bytes = (long)DirectProtocol.PreambleBytes - DirectProtocol.HeaderBytes + argument.Length;
        if (bytes > options.FrameBytesMax)
        {
            throw DirectClientErrors.TooLong(operation, DirectSockets.Describe(endpoint), bytes, options.FrameBytesMax);
        }

        return RequestAsync(endpoint, new DirectRequest(operation, DirectProtocol.Preamble(word, argument.Length), argument, expectsReply), cancel);
    }

    private async Task<ReadOnlyMemory<byte>> RequestAsync(EndPoint endpoint, DirectRequest request, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        try
        {
            while (true)
            {
                either.Token.ThrowIfCancellationRequested();
                if (await Connection(endpoint).RequestAsync(request, either.Token).ConfigureAwait(false) is { } reply)
                {
                    return reply;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(DirectMetadataClient));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
    }

    private DirectClientConnection Connection(EndPoint endpoint)
    {
        if (_connections.TryGetValue(endpoint, out var known))
        {
            return known;
        }

        if (_connections.Count >= options.ConnectionsMax)
        {
            RetireLeastRecentlyUsed();
        }

        return _connections.GetOrAdd(endpoint, new DirectClientConnection(endpoint, Connector, options, logger));
    }

    private void RetireLeastRecentlyUsed()
    {
        foreach (var (endpoint, connection) in _connections.OrderBy(entry => entry.Value.LastUsed))
        {
            if (connection.TryRetire())
            {
                _connections.TryRemove(new KeyValuePair<EndPoint, DirectClientConnection>(endpoint, connection));
                return;
            }
        }
    }
}
