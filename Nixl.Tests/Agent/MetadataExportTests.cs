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

    [TestCase(true)]
    [TestCase(false)]
    public void ExportedAgainAndAgain_ItSaysTheSame_UntilSomethingChanges(bool extensions)
    {
        var options = new NixlAgentOptions { MetadataExtensions = extensions };
        options.Backends.Add<InMemoryEngine>();
        using var agent = new NixlAgent($"export-{Guid.NewGuid():N}", options);
        var sequence = 0UL;
        List<MemoryRegistration> registrations = [];
        for (var change = 0; change < 4; change++)
        {
            if (change == 3)
            {
                registrations[0].Dispose();
                registrations.RemoveAt(0);
            }
            else
            {
                registrations.Add(agent.Register(new byte[16 + change]));
            }

            for (var again = 0; again < 4; again++)
            {
                var blob = agent.GetLocalMetadata();
                var metadata = Decode(blob);
                metadata.Sections.SelectMany(static section => section.Regions).Select(static region => region.Range)
                    .Should().BeEquivalentTo(registrations.Select(static registration => registration.Descriptors[0]));
                metadata.Connections.Should().ContainSingle();
                (metadata.Extension?.Sequence ?? 1).Should().BeGreaterThan(extensions ? sequence : 0);
                sequence = metadata.Extension?.Sequence ?? 0;
                blob.AsSpan().Clear(); // the caller's own: what is exported next does not depend on it
            }
        }
    }

    private static AgentMetadata Decode(byte[] blob)
    {
        AgentMetadataCodec.TryDecode(blob, MetadataLimits.Default, out var metadata, out _).Should().BeTrue();
        return metadata!;
    }
}
