using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests;

public sealed class MemoryTypeNamesTests
{
    [TestCase("cpu", MemoryType.Dram)]
    [TestCase("dram", MemoryType.Dram)]
    [TestCase("cuda", MemoryType.Vram)]
    [TestCase("vram", MemoryType.Vram)]
    [TestCase("BLOCK", MemoryType.Block)]
    [TestCase("blk", MemoryType.Block)]
    [TestCase("obj", MemoryType.Object)]
    [TestCase("Object", MemoryType.Object)]
    [TestCase("file", MemoryType.File)]
    public void TryParse_KnowsNamesAndAliases_InAnyCase(string name, MemoryType expected)
    {
        MemoryTypeNames.TryParse(name, out var type).Should().BeTrue();
        type.Should().Be(expected);
    }

    [TestCase("")]
    [TestCase(null)]
    [TestCase("0")]
    [TestCase("cuda:0")]
    [TestCase(" DRAM")]
    public void TryParse_OfAnythingElse_IsFalse(string? name) => MemoryTypeNames.TryParse(name, out _).Should().BeFalse();

    [Test]
    public void ToName_IsNixlsNameAndIsReadBack([Values] MemoryType type)
    {
        MemoryTypeNames.ToName(type).Should().BeOneOf("DRAM", "VRAM", "BLK", "OBJ", "FILE");
        MemoryTypeNames.TryParse(MemoryTypeNames.ToName(type), out var read).Should().BeTrue();
        read.Should().Be(type);
    }
}
