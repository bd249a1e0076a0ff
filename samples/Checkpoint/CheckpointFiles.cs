namespace Nixl.Samples.Checkpoint;

/// <summary>The shards of a checkpoint as an agent sees them.</summary>
internal static class CheckpointFiles
{
    /// <summary>An agent whose writes have ended only when their bytes are on the device.</summary>
    internal static NixlAgent OpenAgent(string name)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add("POSIX", ("durable", "true"));
        return new NixlAgent(name, options);
    }

    /// <summary>The shards as registrations: device id i is file i, addresses are offsets.</summary>
    internal static RegistrationList Describe(string folder, IReadOnlyList<string> shards, string mode)
    {
        var list = new RegistrationList(MemoryType.File, shards.Count);
        for (var i = 0; i < shards.Count; i++)
        {
            list.Add((0, 0, (ulong)i, $"{mode}:{Path.Combine(folder, shards[i])}"));
        }

        return list;
    }

    /// <summary>Memory and files side by side: shard i is the i-th part of the memory.</summary>
    internal static (DescriptorList Memory, DescriptorList Files) Pair(NixlMemory memory, int shards, long shardBytes)
    {
        var parts = Enumerable.Range(0, shards).ToArray();
        return (
            new DescriptorList(MemoryType.Dram, parts.Select(i => memory.Describe(i * shardBytes, shardBytes)).ToArray()),
            new DescriptorList(MemoryType.File, parts.Select(i => new MemoryDescriptor(0, (ulong)shardBytes, (ulong)i)).ToArray()));
    }
}
