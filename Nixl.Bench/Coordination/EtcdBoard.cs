using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;

namespace Nixl.Bench.Coordination;

/// <summary>The calls of etcd that ranks need, with failures as the tool reports them.</summary>
internal sealed class EtcdBoard : IDisposable
{
    private const string VariablePrefix = "NIXL_ETCD_";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly EtcdClient _client;
    private readonly IReadOnlyList<Uri> _endpoints;

    private EtcdBoard(EtcdOptions options)
    {
        _endpoints = options.Endpoints;
        _client = new EtcdClient(options, CallLimit, RendezvousLimits.GatheredBytesMax, NullLogger.Instance);
    }

    /// <summary>With the endpoints of the command line; user, password and certificates come from the variables that agents read, too.</summary>
    /// <exception cref="BenchmarkException">Says which setting is wrong.</exception>
    internal static EtcdBoard Open(string endpoints)
    {
        var context = new MetadataStoreContext
        {
            AgentName = "nixlbench",
            Parameters = new BackendParameters(new Dictionary<string, string> { [EtcdOptions.EndpointsName] = endpoints }),
            Environment = EtcdOptions.Known.ToDictionary(
                static name => name, static name => Environment.GetEnvironmentVariable(VariablePrefix + name.ToUpperInvariant()) ?? "", StringComparer.Ordinal),
            Timeout = CallLimit,
            BytesMax = RendezvousLimits.GatheredBytesMax,
            Logger = NullLogger.Instance,
        };
        try
        {
            return new EtcdBoard(EtcdOptions.From(context));
        }
        catch (NixlException wrong)
        {
            throw new BenchmarkException(wrong.Message);
        }
    }

    public void Dispose() => _client.Dispose();

    internal async Task<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        var seconds = ((long)timeToLive.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        using var answer = await CallAsync("v3/lease/grant", json => json.WriteString("TTL", seconds), cancellation);
        return answer.RootElement.Number("ID");
    }

    /// <summary>Renews a lease; false when it is over.</summary>
    internal async Task<bool> KeepAliveAsync(long lease, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/lease/keepalive", json => json.WriteString("ID", lease.ToString(CultureInfo.InvariantCulture)), cancellation);
        return answer.RootElement.TryGetProperty("result", out var result) && result.Number("TTL") > 0;
    }

    /// <summary>Ends a lease, and with it all keys under it.</summary>
    internal async Task RevokeAsync(long lease, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/lease/revoke", json => json.WriteString("ID", lease.ToString(CultureInfo.InvariantCulture)), cancellation);
    }

    internal async Task PutAsync(string key, ReadOnlyMemory<byte> value, long lease, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/kv/put", json => json.Put(key, value.Span, lease), cancellation);
    }

    /// <summary>Writes a key that is not there; false when it is.</summary>
    internal async Task<bool> CreateAsync(string key, ReadOnlyMemory<byte> value, long lease, CancellationToken cancellation)
    {
        using var answer = await CallAsync(
            "v3/kv/txn",
            json =>
            {
                json.WriteStartArray("compare");
                json.WriteStartObject();
                json.WriteString("target", "CREATE");
                json.WriteString("result", "EQUAL");
                json.Key(key);
                json.WriteString("create_revision", "0");
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteStartArray("success");
                json.WriteStartObject();
                json.WriteStartObject("request_put");
                json.Put(key, value.Span, lease);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
            },
            cancellation);
        return answer.RootElement.Flag("succeeded");
    }

    internal async Task DeleteAsync(string key, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/kv/deleterange", json => json.Key(key), cancellation);
    }

    /// <summary>The value of a key; null when it is not there.</summary>
    internal async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/kv/range", json => json.Key(key), cancellation);
        return answer.RootElement.Values() is [var found, ..] ? found.Value : null;
    }

    /// <summary>All keys that begin with <paramref name="prefix"/>, in their order.</summary>
    internal async Task<IReadOnlyList<EtcdValue>> ListAsync(string prefix, CancellationToken cancellation)
    {
        using var answer = await CallAsync("v3/kv/range", json => json.Prefix(prefix), cancellation);
        return answer.RootElement.Values();
    }

    /// <summary>How many keys begin with <paramref name="prefix"/>.</summary>
    internal async Task<long> CountAsync(string prefix, CancellationToken cancellation)
    {
        using var answer = await CallAsync(
            "v3/kv/range",
            json =>
            {
                json.Prefix(prefix);
                json.WriteBoolean("count_only", true);
            },
            cancellation);
        return answer.RootElement.Number("count");
    }

    private async Task<JsonDocument> CallAsync(string path, Action<Utf8JsonWriter> write, CancellationToken cancellation)
    {
        try
        {
            return await _client.CallAsync(path, write, cancellation);
        }
        catch (EtcdException refusal)
        {
            throw new BenchmarkException(EtcdErrors.From(refusal, "Coordinate", _endpoints).Message);
        }
        catch (NixlException unreachable)
        {
            throw new BenchmarkException(unreachable.Message);
        }
    }
}
