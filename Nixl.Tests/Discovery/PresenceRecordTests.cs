using FluentAssertions;
using Nixl.Discovery;
using NUnit.Framework;

namespace Nixl.Tests.Discovery;

/// <summary>The values beside upstream's keys: recorded bytes, and what is refused.</summary>
public sealed class PresenceRecordTests
{
    // Recorded when the records were made. A release that cannot read them cannot share a store with the one that wrote them.
    private const string Recorded = "4E585052010001000000000000000000" + "00112233445566778899AABBCCDDEEFF" + "0700000000000000" + "01000000" + "E8030000"
        + "0100" + "41" + "0C00" + "31302E302E302E313A383838";

    private static readonly PresenceRecord Sample = new("A", new Guid("00112233-4455-6677-8899-aabbccddeeff"), PresenceState.Present)
    {
        Sequence = 7,
        HeartbeatMs = 1000,
        Listener = "10.0.0.1:888",
    };

    [Test]
    public void TheRecord_IsAsWrittenDown()
    {
        Convert.ToHexString(Sample.Encode()).Should().Be(Recorded);
        PresenceRecord.TryDecode(Convert.FromHexString(Recorded), out var record).Should().BeTrue();
        record.Should().Be(Sample);
        PresenceRecord.TryDecode([.. Convert.FromHexString(Recorded), 1, 2, 3], out record).Should().BeTrue("later versions append");
        record.Should().Be(Sample);
    }

    [Test]
    public void DamagedRecords_AreRefused()
    {
        var bytes = Sample.Encode();
        for (var length = 0; length < bytes.Length; length++)
        {
            PresenceRecord.TryDecode(bytes.AsSpan(0, length), out _).Should().BeFalse($"{length} bytes");
        }

        foreach (var (offset, value) in new[] { (0, 0), (4, 2), (6, 0), (40, 0), (40, 9), (47, 0x80), (48, 255), (49, 255), (50, 7), (51, 255) })
        {
            var bad = bytes.ToArray();
            bad[offset] = (byte)value;
            PresenceRecord.TryDecode(bad, out _).Should().BeFalse($"byte {offset}");
        }
    }

    [Test]
    public void AManifest_PutsPartsTogether_OnlyWhenTheyAreWhole()
    {
        var blob = new byte[1000];
        new Random(1).NextBytes(blob);
        var manifest = SplitManifest.Of(blob, 300);
        SplitManifest.TryDecode(manifest.Encode(), 1000, out var read).Should().BeTrue();
        SplitManifest.TryDecode(manifest.Encode(), 999, out _).Should().BeFalse("more is stated than is taken");
        ReadOnlyMemory<byte>?[] parts = [blob.AsMemory(0, 300), blob.AsMemory(300, 300), blob.AsMemory(600, 300), blob.AsMemory(900)];

        read!.Join(parts).Should().Equal(blob);
        read.Join([parts[1], parts[0], parts[2], parts[3]]).Should().BeNull("the order is wrong");
        read.Join([parts[0], parts[1], parts[2], null]).Should().BeNull("one is missing");
        read.Join(parts[..3]).Should().BeNull();
        for (var length = 0; length < manifest.Encode().Length; length++)
        {
            SplitManifest.TryDecode(manifest.Encode().AsSpan(0, length), 1000, out _).Should().BeFalse();
        }
    }

    [TestCase("/nixl/agents/", "/nixl/agents//A/", "/nixl/agents//A/metadata", "/nixl/agents.net//A")]
    [TestCase("/nixl/agents", "/nixl/agents/A/", "/nixl/agents/A/metadata", "/nixl/agents.net/A")]
    public void Keys_AreUpstreams(string name, string anchor, string metadata, string presence)
    {
        var keys = new MetadataKeys(name);

        (keys.Anchor("A"), keys.Metadata("A", "metadata"), keys.Presence("A")).Should().Be((anchor, metadata, presence));
        keys.MetadataOf(metadata).Should().Be(("A", "metadata"));
        keys.MetadataOf(anchor).Should().Be(("A", ""));
        keys.PresenceOf(presence).Should().Be("A");
        new[] { anchor, metadata, presence }.Should().OnlyContain(
            key => string.CompareOrdinal(key, keys.RangeStart) >= 0 && string.CompareOrdinal(key, keys.RangeEnd) < 0, "one watch sees them");
    }
}
