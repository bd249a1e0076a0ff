using FluentAssertions;
using Nixl.Metadata;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class MetadataExportTests
{
    [Test]
    public void HigherSequenceNumber_NeverGoesWithOlderContent()
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<InMemoryEngine>();
        using var agent = new NixlAgent($"export-{Guid.NewGuid():N}", options);
        var blobs = new List<byte[]>[3];

        Parallel.For(0, blobs.Length, thread =>
        {
            blobs[thread] = [];
            for (var i = 0; i < 300; i++)
            {
                if (thread == 0)
                {
                    agent.Register(new byte[16]);
                }

                blobs[thread].Add(agent.GetLocalMetadata());
            }
        });

        var counts = blobs.SelectMany(static list => list).Select(Decode).OrderBy(static metadata => metadata.Extension!.Sequence)
            .Select(static metadata => metadata.Sections.Sum(static section => section.Regions.Count)).ToList();
        counts.Should().HaveCount(900).And.BeInAscendingOrder();
    }

    private static AgentMetadata Decode(byte[] blob)
    {
        AgentMetadataCodec.TryDecode(blob, MetadataLimits.Default, out var metadata, out _).Should().BeTrue();
        return metadata!;
    }
}
