using System.Security.Cryptography;

namespace Nixl.Samples.Checkpoint;

/// <summary>Saves a state.</summary>
internal static class CheckpointWriter
{
    private const int Page = 4096;

    internal static async Task SaveAsync(string folder, int mebibytes, int count)
    {
        var shards = Enumerable.Range(0, count).Select(static i => $"shard-{i}.bin").ToArray();
        var shardBytes = (((long)mebibytes << 20) / count + Page - 1) / Page * Page;
        DurableFolder.Create(folder);

        await using var agent = CheckpointFiles.OpenAgent("trainer");
        using var memory = agent.AllocateMemory(shardBytes * shards.Length);
        using var state = agent.Register(memory);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var shard = 0; shard < shards.Length; shard++)
        {
            var bytes = memory.GetSpan(shard * shardBytes, (int)shardBytes);
            new Random(shard).NextBytes(bytes);
            hash.AppendData(bytes);
        }

        using var files = agent.Register(CheckpointFiles.Describe(folder, shards, "rw,create"));
        var (from, to) = CheckpointFiles.Pair(memory, shards.Length, shardBytes);
        using var save = agent.CreateTransfer(TransferOperation.Write, from, to, agent.Name);
        await save.PostAsync();
        save.ThrowIfFailed();

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        await new Manifest(shards, shardBytes, sha256).WriteAsync(folder);
        Console.WriteLine($"saved {save.TotalBytes} bytes in {shards.Length} files over {save.Backend}, sha256 {sha256}");
    }
}
