using System.Buffers.Binary;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata;

public sealed class MetadataExtensionTests
{
    // Tag (8) and length (8) come before the payload, which begins with magic (4), major (2), minor (2).
    private const int RecordOffset = 242;
    private const int LengthOffset = RecordOffset + 8;
    private const int PayloadOffset = RecordOffset + 16;

    [Test]
    public void Encode_LeavesUpstreamsBytesInFront()
        => AgentMetadataCodec.Encode(MetadataSamples.WithExtension).Take(RecordOffset).Should().Equal(MetadataSamples.OneRegionBytes);

    [Test]
    public void Encode_GivesTheDocumentedBytes()
    {
        var expected = Convert.FromHexString(string.Concat(
            "6e69786c2e6e6574", "7100000000000000",
            "4e584e54", "0100", "0000",
            "00112233445566778899aabbccddeeff", "0700000000000000", "02000000", "0100000000000080",
            "ffeeddccbbaa99887766554433221100", "fcffffef00000000", "000000f000000000", "67120000",
            "0200", "066c6962756370", "06312e32322e30", "096c6962666162726963", "06312e31372e30", "7c"));

        AgentMetadataCodec.Encode(MetadataSamples.WithExtension).Skip(RecordOffset).Should().Equal(expected);
    }

    [Test]
    public void Decode_GivesEveryField()
    {
        var decoded = Decode(AgentMetadataCodec.Encode(MetadataSamples.WithExtension));

        decoded.Extension.Should().BeEquivalentTo(MetadataSamples.Extension);
        decoded.TrailingBytes.IsEmpty.Should().BeTrue();
    }

    [Test]
    public void Decode_FieldsOfALaterMinorVersion_AreIgnored()
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.WithExtension);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(LengthOffset));
        byte[] longer = [.. bytes[..^1], 9, 9, 9, (byte)'|'];
        BinaryPrimitives.WriteUInt64LittleEndian(longer.AsSpan(LengthOffset), length + 3);
        longer[PayloadOffset + 6] = 5;

        Decode(longer).Extension.Should().BeEquivalentTo(MetadataSamples.Extension);
    }

    [TestCase(0, Description = "another magic")]
    [TestCase(4, Description = "another major version")]
    public void Decode_ARecordOfSomebodyElse_IsATrailingRecord(int offset)
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.WithExtension);
        bytes[PayloadOffset + offset] ^= 0xff;

        var decoded = Decode(bytes);

        decoded.Extension.Should().BeNull();
        decoded.TrailingBytes.ToArray().Should().Equal(bytes[RecordOffset..]);
    }

    [Test]
    public void Decode_EveryTruncation_IsRefusedOrReturnedAsTrailingBytes()
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.WithExtension);
        for (var length = RecordOffset; length < bytes.Length; length++)
        {
            var decoded = AgentMetadataCodec.TryDecode(bytes.AsMemory(0, length), MetadataLimits.Default, out var metadata, out var error);

            decoded.Should().Be(length < LengthOffset, "the tag is complete from {0} bytes on, here are {1}", LengthOffset, length);
            (decoded ? metadata!.TrailingBytes.Length : (int)error.Status).Should().Be(decoded ? length - RecordOffset : (int)NixlStatus.Mismatch);
        }
    }

    [TestCase(32, 3u, Description = "a scope that does not exist")]
    [TestCase(80, 65u, Description = "too many libraries")]
    [TestCase(82, 0xffu, Description = "a name beyond the end")]
    [TestCase(83, 0xffu, Description = "a name that is no UTF-8")]
    public void Decode_ADamagedPayload_IsAMismatch(int offset, uint value)
    {
        var bytes = AgentMetadataCodec.Encode(MetadataSamples.WithExtension);
        bytes[PayloadOffset + offset] = (byte)value;

        AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out _, out var error).Should().BeFalse();
        error.Status.Should().Be(NixlStatus.Mismatch);
        error.Reason.Should().Contain("nixl.net");
    }

    [Test]
    public void Encode_WhatCannotBeReadBack_Throws()
    {
        MetadataExtension[] refused =
        [
            MetadataSamples.Extension with { Scope = 0 },
            MetadataSamples.Extension with { Libraries = Enumerable.Repeat(new LibraryVersion("a", "1"), 65).ToArray() },
            MetadataSamples.Extension with { Libraries = [new LibraryVersion(new string('a', 256), "1")] },
        ];
        foreach (var extension in refused)
        {
            var encode = () => AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "a", Extension = extension });

            encode.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        }
    }

    private static AgentMetadata Decode(byte[] bytes)
    {
        AgentMetadataCodec.TryDecode(bytes, MetadataLimits.Default, out var metadata, out var error).Should().BeTrue(error.Reason);
        return metadata!;
    }
}
