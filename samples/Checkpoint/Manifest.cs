using System.Text.Json;

namespace Nixl.Samples.Checkpoint;

/// <summary>What a checkpoint consists of; written last, so that a checkpoint without one was never finished.</summary>
/// <param name="Shards">The files, in order.</param>
/// <param name="ShardBytes">The length of each.</param>
/// <param name="Sha256">The hash of all bytes in order, in hexadecimal.</param>
internal sealed record Manifest(IReadOnlyList<string> Shards, long ShardBytes, string Sha256)
{
    private const string FileName = "manifest.json";

    internal static async Task<Manifest> ReadAsync(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new SampleException($"{folder} has no finished checkpoint");
        }

        await using var file = File.OpenRead(path);
        var manifest = await JsonSerializer.DeserializeAsync<Manifest>(file);

        // A file is as hostile as a peer: nothing outside the folder, and no more than was ever saved.
        return manifest is { Shards.Count: > 0 and <= 4096, ShardBytes: > 0 and <= 4L << 30 }
            && manifest.Shards.All(static shard => shard.Length > 0 && shard == Path.GetFileName(shard))
            ? manifest
            : throw new SampleException($"{path} is no manifest");
    }

    /// <summary>Under another name first: whoever reads sees the old one, the new one or none, never a part. It is there to stay when this returns.</summary>
    internal async Task WriteAsync(string folder)
    {
        var path = Path.Combine(folder, FileName);
        await using (var file = new FileStream($"{path}.new", FileMode.Create))
        {
            await JsonSerializer.SerializeAsync(file, this);
            file.Flush(flushToDisk: true);
        }

        File.Move($"{path}.new", path, overwrite: true);
        DurableFolder.Sync(folder);
    }
}
