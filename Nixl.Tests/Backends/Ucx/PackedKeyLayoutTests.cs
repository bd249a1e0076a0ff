using FluentAssertions;
using Nixl.Backends.Ucx.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>What libucp reads behind a key's parts from 1.20 on, by the release that the peer's address names: without knowing where the key ends.</summary>
public sealed class PackedKeyLayoutTests
{
    // A map of one domain, host memory, a part of one byte.
    private static readonly byte[] Head = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xAA];

    [TestCase(null, "", true)]
    [TestCase(null, "ff", false)]
    [TestCase(18, "", true)]
    [TestCase(19, "", true)]
    [TestCase(19, "ff", false)]
    [TestCase(20, "", false)]
    [TestCase(20, "ff", true)]
    [TestCase(22, "ff", true)]
    [TestCase(22, "ff00", false)]
    [TestCase(23, "ff00", true)]
    [TestCase(22, "03", false)]
    [TestCase(22, "03ff", true)]
    [TestCase(22, "03ff00", false)]
    [TestCase(22, "03010203", false)]
    [TestCase(22, "03010203ff", true)]
    [TestCase(22, "83010203ff", true)]
    [TestCase(22, "0301ff03", false)]
    [TestCase(22, "030102030405ff", false)]
    [TestCase(22, "03010203040506ff", true)]
    [TestCase(22, "7fff", false)]
    public void Tail_EndsWhereTheKeyEnds(int? minor, string tail, bool isComplete)
        => PackedKeyLayout.IsComplete([.. Head, .. Convert.FromHexString(tail)], MemoryType.Dram, minor).Should().Be(isComplete);

    [Test]
    public void KeyWithoutDomains_HasNoTail([Values(null, 19, 22)] int? minor)
    {
        PackedKeyLayout.IsComplete(new byte[9], MemoryType.Dram, minor).Should().BeTrue();
        PackedKeyLayout.IsComplete([.. new byte[9], 0xff], MemoryType.Dram, minor).Should().BeFalse();
    }
}
