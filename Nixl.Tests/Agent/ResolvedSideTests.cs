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

    [Test]
    public void ManyRegionsThatLieApart_AreNumberedInTheOrderOfFirstUse_AndTheFirstMissingOneIsNamed()
    {
        TestRegion[] regions = [.. Enumerable.Range(0, 40).Select(static i => TestRegion.Of((ulong)i * 100, 50))];
        var index = RegionIndex<TestRegion>.Empty.With(regions);
        MemoryDescriptor[] wanted = [new(3900, 50), new(10, 1), new(3949, 1), new(700, 50), new(20, 3), new(1, 9), new(3900, 2), new(703, 7), new(1100, 1), new(9, 0)];

        var side = ResolvedSide.TryResolve(index, SideList.CopyOf(wanted), static region => region, out var missing)!;

        side.Regions.Should().Equal(regions[39], regions[0], regions[7], regions[11]);
        side.RegionOf.Should().Equal(0, 1, 0, 2, 1, 1, 0, 2, 3, 1);
        missing.Should().Be(-1);
        FirstMissing(index, [.. wanted, new(1149, 2)]).Should().Be(10);
        regions[7].Retire();
        FirstMissing(index, wanted).Should().Be(3);
        ResolvedSide.TryResolve(index, SideList.CopyOf(wanted), region => region == regions[0] ? null : region, out missing).Should().BeNull();
        missing.Should().Be(1);
    }

    [Test]
    public void RunOverManyRegions_IsAListAsSoonAsThatShows()
    {
        TestRegion[] regions = [.. Enumerable.Range(0, 1000).Select(static i => TestRegion.Of((ulong)i * 100, 50))];
        var list = SideList.CopyOf([.. Enumerable.Range(0, 1000).Select(static i => new MemoryDescriptor((ulong)i * 100, 50))]);
        list.Runs.Should().ContainSingle();

        var side = ResolvedSide.TryResolve(RegionIndex<TestRegion>.Empty.With(regions), list, static region => region, out _)!;

        side.Runs.Should().BeNull();
        side.Regions.Should().Equal(regions);
        side.RegionOf.Should().Equal(Enumerable.Range(0, 1000));
    }

    private static int FirstMissing(RegionIndex<TestRegion> index, MemoryDescriptor[] wanted)
    {
        ResolvedSide.TryResolve(index, SideList.CopyOf(wanted), static region => region, out var missing).Should().BeNull();
        return missing;
    }

    private static ResolvedSide? Resolve((ulong Address, ulong Length) a, (ulong Address, ulong Length) b, (ulong Address, ulong Length) c, out int missing)
        => ResolvedSide.TryResolve(
            Index,
            SideList.CopyOf([new MemoryDescriptor(a.Address, a.Length), new MemoryDescriptor(b.Address, b.Length), new MemoryDescriptor(c.Address, c.Length)]),
            static region => region,
            out missing);
}
