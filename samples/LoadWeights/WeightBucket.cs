using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Nixl.Samples.LoadWeights;

/// <summary>A bucket with weights, through an agent with the OBJ backend.</summary>
internal sealed class WeightBucket : IAsyncDisposable
{
    private const int DemoShards = 4;
    private const int DemoBytes = 24 << 20;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly NixlAgent _agent;
    private ulong _lastDevice;

    internal WeightBucket()
    {
        // No parameters: bucket, store and credentials come from the environment.
        var options = new NixlAgentOptions { TransferTimeout = TimeSpan.FromMinutes(30) };
        options.Backends.Add("OBJ");
        _agent = new NixlAgent("loader", options);
    }

    /// <summary>Reads all shards by one transfer and shows how far it is.</summary>
    /// <exception cref="NixlException">The store refused, failed or did not answer.</exception>
    /// <exception cref="SampleException">A key does not exist.</exception>
    public async Task<LoadedModel> LoadAsync(string[] keys)
    {
        var shards = await LookAtAsync(keys);
        var memory = _agent.AllocateMemory(Math.Max(1, shards.Sum(static shard => shard.Bytes)), new MemoryAllocationOptions { Name = "weights" });
        var registration = _agent.Register(memory);
        using var transfer = Prepare(TransferOperation.Read, memory, shards, out var objects);
        using (objects)
        {
            await RunAsync(transfer);
        }

        return new LoadedModel(memory, registration, shards);
    }

    /// <summary>Stores a made-up model; its keys and hashes.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StoreDemoAsync()
    {
        using var memory = _agent.AllocateMemory(DemoShards * DemoBytes);
        using var registration = _agent.Register(memory);
        new Random(7).NextBytes(memory.GetSpan(0, DemoShards * DemoBytes));
        var shards = Enumerable.Range(0, DemoShards)
            .Select(static i => new Shard($"nixl-sample/model-{i + 1:00000}-of-{DemoShards:00000}.safetensors", (long)i * DemoBytes, DemoBytes)).ToArray();
        using var transfer = Prepare(TransferOperation.Write, memory, shards, out var objects);
        using (objects)
        {
            await RunAsync(transfer);
        }

        return shards.ToDictionary(
            static shard => shard.Key, shard => Convert.ToHexStringLower(SHA256.HashData(memory.GetSpan(shard.Offset, DemoBytes))));
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    private async Task<IReadOnlyList<Shard>> LookAtAsync(string[] keys)
    {
        var answers = await _agent.QueryMemoryAsync("OBJ", MemoryType.Object, [.. keys.Select(static key => new RegistrationDescriptor(default, key))]);
        var shards = new List<Shard>();
        var offset = 0L;
        foreach (var (key, answer) in keys.Zip(answers))
        {
            var bytes = long.Parse((answer ?? throw new SampleException($"{key} does not exist"))["size"], CultureInfo.InvariantCulture);
            shards.Add(new Shard(key, offset, bytes));
            offset += bytes;
        }

        return shards;
    }

    /// <summary>One transfer over all shards: memory on this side, an object each on the other.</summary>
    private Transfer Prepare(TransferOperation operation, NixlMemory memory, IReadOnlyList<Shard> shards, out MemoryRegistration objects)
    {
        var local = new DescriptorList(MemoryType.Dram);
        var remote = new DescriptorList(MemoryType.Object);
        var registrations = new List<RegistrationDescriptor>();
        foreach (var shard in shards)
        {
            var device = ++_lastDevice;
            registrations.Add((0, 0, device, shard.Key));
            local.Add(memory.Describe(shard.Offset, shard.Bytes));
            remote.Add(new MemoryDescriptor(0, (ulong)shard.Bytes, device));
        }

        objects = _agent.Register(new RegistrationList(MemoryType.Object, [.. registrations]));
        return _agent.CreateTransfer(operation, local, remote, _agent.Name);
    }

    private static async Task RunAsync(Transfer transfer)
    {
        var verb = transfer.Operation == TransferOperation.Read ? "loading" : "storing";
        var start = Stopwatch.GetTimestamp();
        var ending = transfer.PostAsync().AsTask();
        while (await Task.WhenAny(ending, Task.Delay(Refresh)) != ending && !Console.IsOutputRedirected)
        {
            Show('\r');
        }

        await ending;
        transfer.ThrowIfFailed();
        Show('\n');

        void Show(char end)
        {
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var (done, total) = (transfer.BytesSoFar, transfer.TotalBytes);
            var text = string.Create(
                CultureInfo.InvariantCulture, $"{verb} {done * 100 / Math.Max(1, total),3} %  {done >> 20} of {total >> 20} MiB  {done / 1e6 / seconds:0} MB/s");
            Console.Write(end == '\r' ? $"\r{text}   " : Console.IsOutputRedirected ? $"{text}\n" : $"\r{text}   \n");
        }
    }
}
