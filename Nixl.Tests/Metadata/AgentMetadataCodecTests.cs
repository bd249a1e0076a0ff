using System.Buffers.Binary;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata;

public sealed class AgentMetadataCodecTests
{
    // Where the length fields of the sample lie, by the record that each belongs to.
    private static readonly int[] LengthOffsets = [16, 33, 51, 64, 77, 107, 128, 149, 169, 183, 200];

    // Where counts lie: connections, sections, regions.
    private static readonly int[] CountOffsets = [41, 115, 191];

    [Test]
    public void Encode_OneRegion_GivesUpstreamsBytes()
        => AgentMetadataCodec.Encode(MetadataSamples.OneRegion).Should().Equal(MetadataSamples.OneRegionBytes).And.HaveCount(242);

    [Test]
    public void Decode_UpstreamsBytes_GivesEveryPart()
    {
        var metadata = Decode(MetadataSamples.OneRegionBytes);

        metadata.AgentName.Should().Be("ag0");
        metadata.Connections.Should().ContainSingle().Which.Backend.Should().Be("UCX");
        metadata.Connections[0].Info.ToArray().Should().Equal(0xde, 0xad, 0xbe, 0xef);
        var section = metadata.Sections.Should().ContainSingle().Subject;
        (section.Backend, section.Type).Should().Be(("UCX", MemoryType.Dram));
        section.Regions.Should().ContainSingle().Which.Range.Should().Be(new MemoryDescriptor(0x7f0000001000, 0x2000));
        section.Regions[0].PublicData.ToArray().Should().Equal(new byte[9]);
        metadata.Extension.Should().BeNull();
        metadata.TrailingBytes.IsEmpty.Should().BeTrue();
    }

    [Test]
    public void Decode_ConnectionsAndSectionsOfNone_IsLegal()
    {
        var metadata = Decode(AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "ag0" }));

        metadata.Connections.Should().BeEmpty();
        metadata.Sections.Should().BeEmpty();
    }

    /// <summary>The array is as long as was worked out beforehand: nothing is written twice.</summary>
    [Test]
    public void Encode_TakesOneArray_OfTheLengthOfWhatIsWritten()
    {
        var metadata = new AgentMetadata
        {
            AgentName = "ägent",
            Connections = [new BackendConnection("UCX", new byte[2000]), new BackendConnection("SHM", new byte[3])],
            Sections = [.. MetadataSamples.ManyRegions(5000).Sections, new MetadataSection("Ü", MemoryType.Vram, [Region(1, 2, 3)])],
            Extension = MetadataSamples.Extension,
            TrailingBytes = new byte[17],
        };
        var length = AgentMetadataCodec.Encode(metadata).Length;
        var before = GC.GetAllocatedBytesForCurrentThread();

        AgentMetadataCodec.Encode(metadata);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeInRange(length, length + 10_000);
    }

    [Test]
    public void Decode_ManyRegions_TakesLittleMemoryEach()
    {
        var blob = AgentMetadataCodec.Encode(MetadataSamples.ManyRegions(5000));
        Decode(blob);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var regions = Decode(blob).Sections[0].Regions;

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan((8 * 5000) + 2000);
        regions.Should().HaveCount(5000);
        regions[4999].Range.Should().Be(new MemoryDescriptor(4999UL << 12, 4096));
        regions.Should().OnlyContain(static region => region.PublicData.Length == 10);
    }

    [Test]
    public void Encode_OrdersSectionsByTypeAndRegionsByDeviceAddressLength()
    {
        MetadataRegion[] regions = [Region(9, 2, 1), Region(5, 2, 1), Region(5, 1, 1), Region(99, 1, 0)];
        var metadata = new AgentMetadata
        {
            AgentName = "ag0",
            Sections = [new MetadataSection("UCX", MemoryType.Vram, regions), new MetadataSection("UCX", MemoryType.Dram, regions)],
        };

        var decoded = Decode(AgentMetadataCodec.Encode(metadata));

        decoded.Sections.Select(section => section.Type).Should().Equal(MemoryType.Dram, MemoryType.Vram);
        decoded.Sections[0].Regions.Select(region => region.Range).Should().Equal(regions.Select(region => region.Range).Reverse());
    }

    [Test]
    public void Decode_RegionsInAnotherOrder_SortsThem()
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.ManyRegions(2));
        var first = bytes.AsSpan(bytes.Length - 86 + 8, 24);
        var second = bytes.AsSpan(bytes.Length - 43 + 8, 24);
        var held = first.ToArray();
        second.CopyTo(first);
        held.CopyTo(second);

        Decode(bytes).Sections[0].Regions.Select(region => region.Range.Address).Should().Equal(0ul, 4096ul);
    }

    [Test]
    public void Decode_EveryTruncation_IsRefusedWithUpstreamsStatus()
    {
        for (var length = 0; length < MetadataSamples.OneRegionBytes.Length; length++)
        {
            // 124: the section's name; 140: its list.
            var expected = length < 124 ? NixlStatus.Mismatch : length < 140 ? NixlStatus.InvalidParam : NixlStatus.NotFound;

            DecodeError(MetadataSamples.OneRegionBytes[..length]).Status.Should().Be(expected, "the blob ends after {0} bytes", length);
        }
    }

    [TestCaseSource(nameof(LengthOffsets))]
    public void Decode_LengthFieldChanged_IsRefused(int offset)
    {
        var original = BinaryPrimitives.ReadUInt64LittleEndian(MetadataSamples.OneRegionBytes.AsSpan(offset));
        ulong[] wrong = [original + 1, original - 1, original + 1000, 1ul << 31, 1ul << 32, 1ul << 63, ulong.MaxValue, ulong.MaxValue - 200];
        foreach (var length in wrong)
        {
            if (offset == 200 && length == original - 1)
            {
                continue; // the last record may be shorter: its public data then is, and one byte trails
            }

            DecodeError(With(offset, length)).Status.Should().BeOneOf([NixlStatus.Mismatch, NixlStatus.InvalidParam, NixlStatus.NotFound], "length {0}", length);
        }
    }

    [TestCaseSource(nameof(CountOffsets))]
    public void Decode_CountMoreThanTheBytesHold_IsRefusedWithoutAllocatingForIt(int offset)
    {
        foreach (var count in new[] { 2ul, 1000ul, 1ul << 31, 1ul << 62, ulong.MaxValue })
        {
            var bytes = With(offset, count);
            var before = GC.GetAllocatedBytesForCurrentThread();

            var decoded = AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out _, out _);

            decoded.Should().BeFalse("{0} are stated", count);
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16 << 10);
        }
    }

    [Test]
    public void Decode_RandomBitFlips_NeverThrow()
    {
        var random = new Random(20261121);
        var samples = new[] { MetadataSamples.OneRegionBytes, AgentMetadataCodec.Encode(MetadataSamples.WithExtension) };
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = samples[round & 1].ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            if (AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out var metadata, out var error))
            {
                AgentMetadataCodec.Encode(metadata).Should().NotBeEmpty();
            }
            else if (error.Status >= 0 || error.Reason.Length == 0)
            {
                Assert.Fail($"Round {round} was refused without a status and reason.");
            }
        }
    }

    [Test]
    public void Decode_BytesAfterTheLastSection_AreReturned()
    {
        var metadata = Decode([.. MetadataSamples.OneRegionBytes, 1, 2, 3]);

        metadata.TrailingBytes.ToArray().Should().Equal(1, 2, 3);
        AgentMetadataCodec.Encode(metadata).Should().Equal([.. MetadataSamples.OneRegionBytes, 1, 2, 3]);
    }

    [Test]
    public void Decode_HundredThousandRegions_AllocatesOneArrayOfThem()
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.ManyRegions(100_000));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var metadata = Decode(bytes);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(100_000 * 40 + 16_384, "40 bytes describe a region, its data stays in the blob");
        metadata.Sections[0].Regions.Should().HaveCount(100_000);
        metadata.Sections[0].Regions[99_999].Range.Address.Should().Be(99_999ul << 12);
    }

    [Test]
    public void Decode_OverALimit_NamesTheLimit()
    {
        var bytes = MetadataSamples.OneRegionBytes;
        var none = new MetadataLimits();
        MetadataLimits[] tooSmall =
        [
            none with { BytesMax = 241 }, none with { ConnectionsMax = 0 }, none with { SectionsMax = 0 }, none with { RegionsMax = 0 },
        ];
        foreach (var limits in tooSmall)
        {
            AgentMetadataCodec.TryDecode(bytes, limits, out _, out var error).Should().BeFalse();
            error.Status.Should().Be(NixlStatus.NotAllowed);
            error.Reason.Should().Contain("limit");
        }

        AgentMetadataCodec.TryDecode(bytes, none with { NameBytesMax = 2 }, out _, out var nameError).Should().BeFalse();
        nameError.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Name_ThatTheListenerWouldCut_IsRefusedBothWays()
    {
        var encode = () => AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "aNIXLCOMM:INVLb" });
        var bytes = AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "aNIXLCOMM-INVLb" });
        bytes[bytes.AsSpan().IndexOf((byte)'-')] = (byte)':';

        encode.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        DecodeError(bytes).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Name_ThatCouldForgeALineOfALog_IsRefusedBothWays()
    {
        var encode = () => AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "a\nb" });
        var create = () => new NixlAgent("bell\u0007", new NixlAgentOptions { CreateDefaultBackends = false });
        var bytes = AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "a-b" });
        bytes[bytes.AsSpan().IndexOf((byte)'-')] = (byte)'\n';

        encode.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        create.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        DecodeError(bytes).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Encode_WhatReadersRefuse_Throws()
    {
        AgentMetadata[] refused =
        [
            new() { AgentName = "" },
            new() { AgentName = "\ud800" },
            new() { AgentName = "a", Connections = [new BackendConnection("UCX", default)] },
            new() { AgentName = "a", Connections = [new BackendConnection("", new byte[1])] },
            new() { AgentName = "a", Sections = [new MetadataSection("UCX", MemoryType.Dram, [])] },
            new() { AgentName = "a", Sections = [new MetadataSection("UCX", (MemoryType)5, [Region(0, 1, 0)])] },
        ];
        foreach (var metadata in refused)
        {
            var encode = () => AgentMetadataCodec.Encode(metadata);

            encode.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        }
    }

    private static MetadataRegion Region(ulong address, ulong length, ulong device) => new(new MemoryDescriptor(address, length, device), default);

    private static byte[] With(int offset, ulong value)
    {
        var bytes = MetadataSamples.OneRegionBytes.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), value);
        return bytes;
    }

    private static AgentMetadata Decode(byte[] bytes)
    {
        AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out var metadata, out var error).Should().BeTrue(error.Reason);
        return metadata!;
    }

    private static MetadataError DecodeError(byte[] bytes)
    {
        AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out var metadata, out var error).Should().BeFalse();
        metadata.Should().BeNull();
        error.Reason.Should().NotBeNullOrEmpty();
        return error;
    }
}
