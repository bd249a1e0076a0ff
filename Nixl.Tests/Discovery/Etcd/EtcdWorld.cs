using System.Text;
using System.Text.Json;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;
using Nixl.Tests.Discovery.Servers;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>Settings of the store, and a writer of keys that is not the store.</summary>
internal static class EtcdWorld
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    internal static MetadataStoreSelection Selection(string endpoints, params (string Name, string Value)[] more)
        => MetadataStoreSelection.Of<EtcdStore>(more.Append(("endpoints", endpoints)).ToDictionary(static setting => setting.Item1, static setting => setting.Item2));

    /// <summary>A namespace of one test.</summary>
    internal static string NewNamespace() => $"/test/{Guid.NewGuid():N}/agents/";

    /// <summary>Writes a key as any client of etcd does.</summary>
    internal static void Put(EtcdServer server, string key, byte[] value)
        => Post(server, "put", new { key = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)), value = Convert.ToBase64String(value) });

    internal static byte[]? Get(EtcdServer server, string key)
    {
        using var answer = JsonDocument.Parse(Post(server, "range", new { key = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)) }));
        return answer.RootElement.TryGetProperty("kvs", out var values)
            ? values[0].TryGetProperty("value", out var value) ? value.GetBytesFromBase64() : [] : null;
    }

    private static string Post(EtcdServer server, string call, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var answer = Http.PostAsync(new Uri($"{server.Endpoint}/v3/kv/{call}"), content).GetAwaiter().GetResult();
        return answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync().GetAwaiter().GetResult();
    }
}
