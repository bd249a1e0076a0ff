using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class ResolvedSideTests
{
    private static readonly RegionIndex<TestRegion> Index
        = RegionIndex<TestRegion>.Empty.With([TestRegion.Of(0, 100), TestRegion.Of(1000, 100), TestRegion.Of(2000, 100)]);

    [Test]
    public void DescriptorsOfOneRegion_NeedNoMap()
    {
        var side = Resolve((0, 10), (50, 10), (90, 10), out _)!;

        side.Regions.Should().ContainSingle();
        side.RegionOf.Should().BeNull();
    }

    [Test]
    public void EachDescriptor_PointsToItsRegion_InTheOrderOfFirstUse()
    {
        var side = Resolve((2000, 10), (0, 10), (2050, 10), out _)!;

        side.Regions.Select(static region => region.Range.Address).Should().Equal(2000UL, 0UL);
        side.RegionOf.Should().Equal(0, 1, 0);
    }

    [Test]
    public void FirstMissingDescriptor_IsNamed()
    {
        Resolve((0, 10), (95, 10), (5000, 1), out var missing).Should().BeNull();
        missing.Should().Be(1);
    }

    [Test]
    public void RegionThatCannotBeTheOtherSide_IsMissing()
    {
        ResolvedSide.TryResolve(Index, SideList.CopyOf([new MemoryDescriptor(0, 1), new MemoryDescriptor(1000, 1)]), static region => region.Range.Address == 0 ? region : null, out var missing)
            .Should().BeNull();
        missing.Should().Be(1);
    }

    private static ResolvedSide? Resolve((ulong Address, ulong Length) a, (ulong Address, ulong Length) b, (ulong Address, ulong Length) c, out int missing)
        => ResolvedSide.TryResolve(
            Index,
            SideList.CopyOf([new MemoryDescriptor(a.Address, a.Length), new MemoryDescriptor(b.Address, b.Length), new MemoryDescriptor(c.Address, c.Length)]),
            static region => region,
            out missing);
}
