using System.Diagnostics;
using Nixl.Metadata;

namespace Nixl.Bench.MetadataPath;

/// <summary>Loading many peers one after the other: whether the thousandth takes longer than the first.</summary>
internal static class PeerGrowth
{
    private const int Regions = 16;
    private const int RegionBytes = 4096;

    /// <summary>The microseconds that each load took, in order.</summary>
    internal static double[] Run(int peers)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add("SHM");
        using var template = new NixlAgent($"template-{Guid.NewGuid():N}", options);
        using var memory = template.AllocateMemory((long)Regions * RegionBytes);
        using var registration = template.Register(
            new DescriptorList(MemoryType.Dram, [.. Enumerable.Range(0, Regions).Select(i => memory.Describe((long)i * RegionBytes, RegionBytes / 2))]));
        if (!AgentMetadataCodec.TryDecode(template.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out _))
        {
            throw new BenchmarkException("the metadata of an agent cannot be read", BenchmarkException.Failed);
        }

        var blobs = Enumerable.Range(0, peers).Select(i => AgentMetadataCodec.Encode(new AgentMetadata
        {
            AgentName = $"peer-{i}",
            Connections = metadata.Connections,
            Sections = metadata.Sections,
            Extension = metadata.Extension! with { Incarnation = Guid.NewGuid() },
        })).ToArray();
        _ = LoadAll(blobs[..Math.Min(100, peers)]); // everything compiled
        return LoadAll(blobs);
    }

    private static double[] LoadAll(byte[][] blobs)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add("SHM");
        using var agent = new NixlAgent($"loader-{Guid.NewGuid():N}", options);
        return Array.ConvertAll(blobs, blob =>
        {
            var start = Stopwatch.GetTimestamp();
            agent.LoadRemoteMetadata(blob);
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        });
    }
}
