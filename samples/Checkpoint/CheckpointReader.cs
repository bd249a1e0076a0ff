using System.Security.Cryptography;

namespace Nixl.Samples.Checkpoint;

/// <summary>Loads a state, and trusts nothing but its hash.</summary>
internal static class CheckpointReader
{
    internal static async Task LoadAsync(string folder)
    {
        var manifest = await Manifest.ReadAsync(folder);
        await using var agent = CheckpointFiles.OpenAgent("server");
        using var memory = agent.AllocateMemory(manifest.ShardBytes * manifest.Shards.Count);
        using var state = agent.Register(memory);
        using var files = agent.Register(CheckpointFiles.Describe(folder, manifest.Shards, "ro"));
        var (to, from) = CheckpointFiles.Pair(memory, manifest.Shards.Count, manifest.ShardBytes);
        using var load = agent.CreateTransfer(TransferOperation.Read, to, from, agent.Name);
        await load.PostAsync();
        load.ThrowIfFailed();

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var shard = 0; shard < manifest.Shards.Count; shard++)
        {
            hash.AppendData(memory.GetSpan(shard * manifest.ShardBytes, (int)manifest.ShardBytes));
        }

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        Sample.Require(sha256 == manifest.Sha256, $"the bytes have the hash {manifest.Sha256}; they have {sha256}");
        Console.WriteLine($"loaded {load.TotalBytes} bytes from {manifest.Shards.Count} files, the hash is right");
    }
}
