using FluentAssertions;
using Nixl.Metadata;
using Nixl.Tests.Serialization;
using NUnit.Framework;

namespace Nixl.Tests.Descriptors;

public sealed class DescriptorListSerializationTests
{
    // One range of DRAM at 0x7f0000001000, 0x2000 bytes, as NIXL writes it; the record separators stand where its specification has them.
    private const string Basic =
        "6e69786c5365724465737c"
        + "6e69786c444c697374" + "0a00000000000000" + "6e69786c42444c697374" + "7c"
        + "74" + "0400000000000000" + "00000000" + "7c"
        + "6e" + "0800000000000000" + "0100000000000000" + "7c"
        + "1800000000000000" + "00100000007f0000" + "0020000000000000" + "0000000000000000" + "7c";

    private static readonly DescriptorList Ranges = new(MemoryType.Vram, [(0x7f00_0000_1000, 0x2000, 0), (1, 2, 3), (ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)]);

    private static readonly RegistrationList Registrations = new(MemoryType.File, [(0, 4096, 0, "rw,direct:/data/a"), (4096, 0, 1)]);

    [Test]
    public void Serialize_IsNixlsBasicList()
        => Convert.ToHexStringLower(new DescriptorList(MemoryType.Dram, [(0x7f00_0000_1000, 0x2000, 0)]).Serialize()).Should().Be(Basic);

    [Test]
    public void Serialize_AndBack_IsTheSame()
    {
        DescriptorList.TryDeserialize(Ranges.Serialize(), null, out var ranges, out _).Should().BeTrue();
        RegistrationList.TryDeserialize(Registrations.Serialize(), null, out var registrations, out _).Should().BeTrue();

        ranges!.Equals(Ranges).Should().BeTrue();
        registrations!.Equals(Registrations).Should().BeTrue();
    }

    [Test]
    public void Serialize_OfNothing_IsAnEmptyList_WithOrWithoutARecordOfRanges()
    {
        var bytes = new DescriptorList(MemoryType.Object).Serialize();

        DescriptorList.TryDeserialize(bytes, null, out var list, out _).Should().BeTrue();
        list!.Type.Should().Be(MemoryType.Object);
        list.Should().BeEmpty();
        DescriptorList.TryDeserialize((byte[])[.. bytes, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'|'], null, out list, out _).Should().BeTrue();
        list.Should().BeEmpty();
        RegistrationList.TryDeserialize(new RegistrationList(MemoryType.Object).Serialize(), null, out var registrations, out _).Should().BeTrue();
        registrations.Should().BeEmpty();
    }

    [Test]
    public void Serialize_OfAnUnknownMemoryType_IsRefused()
        => new DescriptorList((MemoryType)9).Invoking(static list => list.Serialize()).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);

    [Test]
    public void TryDeserialize_OfTheOtherKind_IsAMismatch()
    {
        DescriptorList.TryDeserialize(Registrations.Serialize(), null, out var ranges, out var error).Should().BeFalse();
        ranges.Should().BeNull();
        error.Status.Should().Be(NixlStatus.Mismatch);
        error.Reason.Should().Contain("nixlBDList");

        RegistrationList.TryDeserialize(Ranges.Serialize(), null, out _, out error).Should().BeFalse();
        error.Reason.Should().Contain("nixlSDList");
    }

    [TestCase(48, 5, NixlStatus.InvalidParam, "memory type 5")]
    [TestCase(62, 4, NixlStatus.Mismatch, "states 4 descriptors")]
    [TestCase(62, 2, NixlStatus.Mismatch, "states 2 descriptors and has 72 bytes")]
    [TestCase(69, 0x80, NixlStatus.Mismatch, "more than the")]
    public void TryDeserialize_OfAWrongField_SaysWhich(int offset, int value, NixlStatus status, string reason)
    {
        var bytes = Ranges.Serialize();
        bytes[offset] = (byte)value;

        DescriptorList.TryDeserialize(bytes, null, out _, out var error).Should().BeFalse();

        error.Status.Should().Be(status);
        error.Reason.Should().Contain(reason);
    }

    [Test]
    public void TryDeserialize_BeyondTheLimits_IsNotAllowed()
    {
        var bytes = Ranges.Serialize();

        DescriptorList.TryDeserialize(bytes, new MetadataLimits { RegionsMax = 2 }, out _, out var error).Should().BeFalse();
        error.Status.Should().Be(NixlStatus.NotAllowed);
        DescriptorList.TryDeserialize(bytes, new MetadataLimits { BytesMax = bytes.Length - 1 }, out _, out error).Should().BeFalse();
        error.Status.Should().Be(NixlStatus.NotAllowed);
        DescriptorList.TryDeserialize(bytes, new MetadataLimits { RegionsMax = 3, BytesMax = bytes.Length }, out _, out _).Should().BeTrue();
    }

    [Test]
    public void TryDeserialize_OfEveryTruncation_IsRefused()
    {
        foreach (var bytes in new[] { Ranges.Serialize(), Registrations.Serialize() })
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                var cut = bytes.AsMemory(0, length);
                DescriptorList.TryDeserialize(cut, null, out _, out var error).Should().BeFalse();
                error.Reason.Should().NotBeNullOrEmpty();
                RegistrationList.TryDeserialize(cut, null, out _, out error).Should().BeFalse();
                error.Reason.Should().NotBeNullOrEmpty();
            }
        }
    }

    [Test]
    public void TryDeserialize_OfDamagedLists_NeitherThrowsNorTakesMuchMemory()
    {
        var random = new Random(11);
        byte[][] originals = [Ranges.Serialize(), Registrations.Serialize()];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = Damage.Flip(originals[i & 1], random);
            if (!DescriptorList.TryDeserialize(bytes, null, out var list, out var error) && error.Status == NixlStatus.Success)
            {
                Assert.Fail("a refusal has no status");
            }

            if (!RegistrationList.TryDeserialize(bytes, null, out _, out error) && error.Status == NixlStatus.Success)
            {
                Assert.Fail("a refusal has no status");
            }

            list?.Count.Should().BeLessThanOrEqualTo(bytes.Length / 24);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(50_000L * 32 * originals[0].Length);
    }
}
