using System.Security.Cryptography;

namespace Nixl.Samples.LoadWeights;

/// <summary>Weights in registered memory.</summary>
internal sealed class LoadedModel(NixlMemory memory, MemoryRegistration registration, IReadOnlyList<Shard> shards) : IDisposable
{
    /// <summary>The shards, in the order of their keys on the command line.</summary>
    public IReadOnlyList<Shard> Shards => shards;

    /// <summary>The SHA-256 of a shard, as text.</summary>
    public string HashOf(Shard shard)
    {
        const int Slice = 64 << 20;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var done = 0L; done < shard.Bytes; done += Slice)
        {
            hash.AppendData(memory.GetSpan(shard.Offset + done, (int)Math.Min(Slice, shard.Bytes - done)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        registration.Dispose();
        memory.Dispose();
    }
}
