using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <summary>etcd as a store of metadata: upstream's keys, so that NIXL's own agents and these find each other, and presence under a lease beside them.</summary>
[ExportMetadataStore("ETCD", EndpointVariable = "NIXL_ETCD_ENDPOINTS", VariablePrefix = "NIXL_ETCD_", Description = "etcd through its JSON gateway (v3).")]
public sealed partial class EtcdStore : IMetadataStore, IMetadataDirectory
{
    // Upstream's watchers ignore an answer with more than one event, so a deletion and what follows it must not be told together.
    private static readonly TimeSpan DeletionGap = TimeSpan.FromMilliseconds(500);

    // As many strange keys are worth a line each.
    private const int WarnedMost = 64;

    private readonly HashSet<string> _warned = new(StringComparer.Ordinal); // keys that are said to be strange; guarded by itself
    private readonly SemaphoreSlim _turn = new(1, 1); // guards what is known of leases and leftovers
    private EtcdOptions _options = null!;
    private EtcdClient _client = null!;
    private ILogger _logger = null!;
    private int _bytesMax;
    private long _metadataLease;
    private long? _anchorLease; // the lease under which the anchor was written; null when it may not be there
    private bool _isFirst = true;
    private DateTimeOffset _deletedAt = DateTimeOffset.MinValue;

    /// <inheritdoc />
    public string Endpoint => EtcdErrors.Describe(_options.Endpoints);

    private MetadataKeys Keys => _options.Keys;

    /// <inheritdoc />
    public void Initialize(MetadataStoreContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _options = EtcdOptions.From(context);
        _logger = context.Logger;
        _bytesMax = context.BytesMax;
        _client = new EtcdClient(_options, context.Timeout, context.BytesMax, context.Logger);
        if (context.CheckNames(EtcdOptions.Known) is { Count: > 0 } unknown)
        {
            EtcdLog.UnknownVariables(_logger, string.Join(", ", unknown), string.Join(", ", EtcdOptions.Known));
        }
    }

    /// <inheritdoc />
    public async Task PublishAsync(MetadataPublication publication, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publication);
        var key = Keys.Metadata(publication.Agent, publication.Label);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AnswerAsync("PublishMetadata", () => PublishUnderTurnAsync(publication, key, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label, CancellationToken cancellationToken)
    {
        var key = Keys.Metadata(agent, label);
        return AnswerAsync("FetchMetadata", async () =>
        {
            var value = await GetAsync(key, cancellationToken).ConfigureAwait(false);
            return value is { Length: > 0 } ? value : await FetchPartsAsync(agent, label, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <inheritdoc />
    public async Task InvalidateAsync(string agent, CancellationToken cancellationToken)
    {
        var anchor = Keys.Anchor(agent);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AnswerAsync("InvalidateMetadata", async () =>
            {
                await DeletePrefixAsync(anchor, cancellationToken).ConfigureAwait(false);
                await DeletePrefixAsync(Keys.Parts(agent), cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            _deletedAt = DateTimeOffset.UtcNow;
            _anchorLease = null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> PublishUnderTurnAsync(MetadataPublication publication, string key, CancellationToken cancellationToken)
    {
        await RemoveLeftoversAsync(publication.Agent, cancellationToken).ConfigureAwait(false);
        _anchorLease = publication.IsRepair ? null : _anchorLease;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await UseMetadataLeaseAsync(publication.TimeToLive, cancellationToken).ConfigureAwait(false);
                if (_anchorLease != _metadataLease)
                {
                    await PutAnchorAsync(publication.Agent, cancellationToken).ConfigureAwait(false);
                    _anchorLease = _metadataLease;
                }

                await PutAsync(key, publication.Blob, cancellationToken).ConfigureAwait(false);
                await RemovePartsAsync(publication, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (EtcdException refusal) when (refusal.IsLeaseGone && attempt == 0)
            {
                _metadataLease = 0;
            }
            catch (EtcdException refusal) when (refusal.IsTooLarge)
            {
                if (!publication.AllowSplit)
                {
                    throw EtcdErrors.TooLarge(publication, refusal, _options.Endpoints);
                }

                await PutPartsAsync(publication, key, cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }

    /// <summary>At the first publication the keys of an earlier life of the agent go, so that upstream's watchers drop that life; and after any deletion there is a gap.</summary>
    private async Task RemoveLeftoversAsync(string agent, CancellationToken cancellationToken)
    {
        if (_isFirst)
        {
            var anchor = Keys.Anchor(agent);
            using var found = await _client.CallAsync(
                "v3/kv/range",
                json =>
                {
                    json.Prefix(anchor);
                    json.WriteBoolean("count_only", true);
                },
                cancellationToken).ConfigureAwait(false);
            if (found.RootElement.Number("count") > 0)
            {
                EtcdLog.LeftoversRemoved(_logger, agent);
                await DeletePrefixAsync(anchor, cancellationToken).ConfigureAwait(false);
                _deletedAt = DateTimeOffset.UtcNow;
            }

            _isFirst = false;
        }

        var gap = DeletionGap - (DateTimeOffset.UtcNow - _deletedAt);
        if (gap > TimeSpan.Zero && gap <= DeletionGap)
        {
            await Task.Delay(gap, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The anchor is written only where it is not there: upstream's watchers log an error for every other write.</summary>
    private async Task PutAnchorAsync(string agent, CancellationToken cancellationToken)
    {
        var anchor = Keys.Anchor(agent);
        using var answer = await _client.CallAsync(
            "v3/kv/txn",
            json =>
            {
                json.WriteStartArray("compare");
                json.WriteStartObject();
                json.WriteString("target", "CREATE");
                json.WriteString("result", "EQUAL");
                json.Key(anchor);
                json.WriteString("create_revision", "0");
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteStartArray("success");
                json.WriteStartObject();
                json.WriteStartObject("request_put");
                json.Put(anchor, [], _metadataLease);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task PutAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        using var answer = await _client.CallAsync("v3/kv/put", json => json.Put(key, value.Span, _metadataLease), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken)
    {
        using var answer = await _client.CallAsync("v3/kv/range", json => json.Key(key), cancellationToken).ConfigureAwait(false);
        return answer.RootElement.Values() is [var found, ..] ? found.Value : null;
    }

    private async Task DeletePrefixAsync(string prefix, CancellationToken cancellationToken)
    {
        using var answer = await _client.CallAsync("v3/kv/deleterange", json => json.Prefix(prefix), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has a lease for upstream's keys, or none where they are to stay.</summary>
    private async Task UseMetadataLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        if (timeToLive == TimeSpan.Zero)
        {
            _metadataLease = 0;
        }
        else if (_metadataLease == 0)
        {
            _metadataLease = await GrantAsync(timeToLive, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        var seconds = ((long)Math.Ceiling(timeToLive.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        using var answer = await _client.CallAsync("v3/lease/grant", json => json.WriteString("TTL", seconds), cancellationToken).ConfigureAwait(false);
        var lease = answer.RootElement.Number("ID");
        return lease != 0 ? lease : throw new JsonException("etcd granted a lease without a number.");
    }

    /// <summary>Renews a lease; false when it is over.</summary>
    private async Task<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.CallAsync(
                "v3/lease/keepalive", json => json.WriteString("ID", lease.ToString(CultureInfo.InvariantCulture)), cancellationToken).ConfigureAwait(false);
            return answer.RootElement.TryGetProperty("result", out var result) && result.Number("TTL") > 0;
        }
        catch (EtcdException refusal) when (refusal.IsLeaseGone)
        {
            return false;
        }
    }

    /// <summary>Says something about a key the first time that it is found so.</summary>
    private void WarnOnce(string key, Action<ILogger, string> warn)
    {
        lock (_warned)
        {
            if (_warned.Count >= WarnedMost || !_warned.Add(key))
            {
                return;
            }
        }

        warn(_logger, EtcdErrors.Shorten(key));
    }

    /// <summary>Turns what etcd answers into what the contract promises.</summary>
    private async Task<T> AnswerAsync<T>(string operation, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            throw EtcdErrors.From(refusal, operation, _options.Endpoints);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException && e is not ObjectDisposedException)
        {
            throw new NixlException(NixlStatus.Mismatch, operation, $"what answers is no etcd: {EtcdErrors.Shorten(e.Message)}")
            {
                Peer = Endpoint,
                Hint = "Check the endpoints: they must be etcd's client port, with its JSON gateway (on by default).",
            };
        }
    }
}
