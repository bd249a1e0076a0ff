using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;

namespace Nixl.Bench.MetadataPath;

/// <summary>Publishing and fetching an agent's metadata over etcd, in turn with a plain put and get of the same bytes over the same gateway.</summary>
internal sealed class StoreRace(Uri endpoint, int regions, int rounds)
{
    private const int WarmUps = 3;
    private const int RegionBytes = 4096;

    // The publisher gathers changes for 50 ms; the next publication must not wait for the last one's pause.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(120);

    internal async Task<(double[] Ours, double[] Raw, int Bytes)> RunAsync(CancellationToken cancellation)
    {
        var id = Guid.NewGuid().ToString("N");
        await using var owner = NewAgent($"owner-{id}", id);
        await using var reader = NewAgent($"reader-{id}", id);
        using var memory = owner.AllocateMemory((long)regions * RegionBytes);
        using var registration = owner.Register(
            new DescriptorList(MemoryType.Dram, [.. Enumerable.Range(0, regions).Select(i => memory.Describe((long)i * RegionBytes, RegionBytes / 2))]));
        var blob = owner.GetLocalMetadata();
        using var http = new HttpClient();
        var ours = new List<double>();
        var raw = new List<double>();
        for (var round = -WarmUps; round < rounds; round++)
        {
            await Task.Delay(Pause, cancellation);
            var start = Stopwatch.GetTimestamp();
            await owner.PublishMetadataAsync(cancellation);
            await reader.FetchPeerAsync(owner.Name, cancellationToken: cancellation);
            var one = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

            await Task.Delay(Pause, cancellation);
            start = Stopwatch.GetTimestamp();
            await PutAndGetAsync(http, $"/raw/{id}", blob, cancellation);
            var other = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (round >= 0)
            {
                ours.Add(one);
                raw.Add(other);
            }
        }

        return ([.. ours], [.. raw], blob.Length);
    }

    private NixlAgent NewAgent(string name, string id)
    {
        var settings = new Dictionary<string, string> { ["endpoints"] = endpoint.ToString(), ["namespace"] = $"/bench/{id}/" };
        var options = new NixlAgentOptions
        {
            Discovery = new DiscoveryOptions { Store = MetadataStoreSelection.Of<EtcdStore>(settings), Mode = DiscoveryMode.Manual },
        };
        options.Backends.Add("SHM");
        return new NixlAgent(name, options);
    }

    private async Task PutAndGetAsync(HttpClient http, string key, byte[] value, CancellationToken cancellation)
    {
        var name = Convert.ToBase64String(Encoding.UTF8.GetBytes(key));
        await PostAsync(http, "v3/kv/put", $"{{\"key\":\"{name}\",\"value\":\"{Convert.ToBase64String(value)}\"}}", cancellation);
        using var answer = JsonDocument.Parse(await PostAsync(http, "v3/kv/range", $"{{\"key\":\"{name}\"}}", cancellation));
        if (answer.RootElement.GetProperty("kvs")[0].GetProperty("value").GetBytesFromBase64().Length != value.Length)
        {
            throw new BenchmarkException("etcd gave back something else than was put", BenchmarkException.Failed);
        }
    }

    private async Task<byte[]> PostAsync(HttpClient http, string path, string body, CancellationToken cancellation)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(endpoint, path), content, cancellation);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation);
    }
}
